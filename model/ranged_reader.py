"""Bytes that are fetched in ranges, as a file: read in order or here and there, a few megabytes of it in memory."""

import io
from collections.abc import Callable

_FIRST, _MOST = 1 << 18, 1 << 23
"""Bytes that are fetched at once: a quarter of a megabyte for a header or Parquet's index, twice as many each time that
the reader goes on where it was, up to eight megabytes."""


class RangedReader(io.RawIOBase):
    """A file of `size` bytes, of which `fetch(first, count)` gives any range."""

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._at = 0
        self._held, self._held_from = b"", 0
        self._count = _FIRST

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to any place; nothing is fetched."""
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if place < 0:
            raise ValueError(f"there is no byte {place}")
        self._at = place
        return place

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # what BufferedReader passes
        """Fill the buffer, or as much of it as is held or left. Raises what `fetch` raises."""
        count = min(len(buffer), self._size - self._at)
        if count <= 0:
            return 0
        if not self._held_from <= self._at < self._held_from + len(self._held):
            self._hold(count)
        begin = self._at - self._held_from
        found = self._held[begin : begin + count]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _hold(self, count: int) -> None:
        """Fetch from here on: what is asked for, and more where the reader seems to go on."""
        goes_on = bool(self._held) and self._at == self._held_from + len(self._held)
        self._count = min(2 * self._count, _MOST) if goes_on else _FIRST
        wanted = min(max(count, self._count), self._size - self._at)
        self._held, self._held_from = b"", self._at  # not both at a time
        self._held = self._fetch(self._at, wanted)
