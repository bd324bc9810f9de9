"""A file of this machine: core.ports.recorded.RecordedBytes."""

from io import BufferedReader
from pathlib import Path


class LocalFile:
    """Known by its path; not opened yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """The path's last part."""
        return self.path.name

    def size(self) -> int:
        """Bytes. Raises OSError."""
        return self.path.stat().st_size

    def open(self) -> BufferedReader:
        """Raises OSError."""
        return self.path.open("rb")
