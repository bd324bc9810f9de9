"""A file of recorded readings, wherever it lies."""

from io import BufferedReader
from typing import Protocol


class RecordedBytes(Protocol):
    """Its bytes. As text it is what people call it by: a path, an address."""

    @property
    def name(self) -> str:
        """The last part of that; its ending says how the bytes are to be read."""

    def size(self) -> int:
        """How many bytes. Raises OSError."""

    def open(self) -> BufferedReader:
        """From the first byte on; any place in them can be sought. OSError; from it, too, UserError and Unavailable."""
