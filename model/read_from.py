"""Files for pandas: by their path, or by their bytes where they lie elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from core.ports.recorded import RecordedBytes

File: TypeAlias = Path | RecordedBytes


class Readable(NamedTuple):
    """What pandas reads, and how it was compressed."""

    content: Path | BufferedReader
    compression: Literal["infer", "gzip"] | None


@contextmanager
def read_from(file: File) -> Iterator[Readable]:
    """The file, open for as long as the block. Raises OSError, and what its bytes' place raises."""
    if isinstance(file, Path):
        yield Readable(file, "infer")
        return
    with file.open() as content:
        yield Readable(content, "gzip" if file.name.lower().endswith(".gz") else None)
