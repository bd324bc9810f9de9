"""One line on a terminal that is written over again and again; elsewhere a line now and then."""

import time
from typing import TextIO

_EVERY_S = 10.0
_ERASE = "\r\x1b[K"


class LiveLine:
    """Shows progress on a stream without burying what else is printed there."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._shown_at = 0.0

    def show(self, text: str) -> None:
        """Replace the live line."""
        if self._terminal:
            self._stream.write(f"{_ERASE}{text}")
        elif time.monotonic() - self._shown_at >= _EVERY_S:
            self._shown_at = time.monotonic()
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def end(self) -> None:
        """Leave the live line as it is; what comes next begins a line of its own."""
        if self._terminal:
            self._stream.write("\n")
            self._stream.flush()

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._stream.write(f"{_ERASE if self._terminal else ''}{text}\n")
        self._stream.flush()
