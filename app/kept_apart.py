"""Bad rows of scored files, kept apart in a CSV file of their own."""

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from core.bad_cell import BadCell
from core.errors import UserError
from core.spreadsheet_text import spreadsheet_text

_HEADER = ("file", "row", "column", "value", "reason")


class KeptApart:
    """A file that is there when the block ends without an error, and only if there is a bad row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(f"{path.name}.part")
        self._any = False

    def __enter__(self) -> Self:
        if self.path.exists() and not _is_list(self.path):
            raise UserError(
                f"{self.path} is there and holds no bad rows of an earlier run: move it, or name another file"
            )
        self._file = self._part.open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file)
        self._rows.writerow(_HEADER)
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._file.close()
        if kind is not None:
            self._part.unlink()
        elif self._any:
            self._part.replace(self.path)
        else:
            self._part.unlink()
            self.path.unlink(missing_ok=True)  # of an earlier run, whose rows were mended

    def write(self, file: str, cells: Sequence[BadCell]) -> None:
        """Add these. Raises OSError."""
        self._any = self._any or bool(cells)
        self._rows.writerows((file, cell.row, cell.column, spreadsheet_text(cell.value), cell.reason) for cell in cells)


def _is_list(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline().strip() == ",".join(_HEADER).encode()
