"""How a CSV file is written, guessed from its first lines."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from core.errors import UserError
from core.unreadable import why_unreadable

_SEPARATORS = ",;\t|"
_LINES = 50
_WITH_COMMA = re.compile(r"[+-]?\d+,\d+")
_WITH_POINT = re.compile(r"[+-]?\d+\.\d+")


class GuessedDialect(NamedTuple):
    """What stands between the cells, and within a number."""

    separator: str
    decimal: str


def guess_dialect(path: Path) -> GuessedDialect:
    """The separator that cuts the first lines into the most cells, all into as many. UserError where none does."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for _, line in zip(range(_LINES), file, strict=False) if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as CSV: {why_unreadable(error)}") from error
    if len(lines) < 2:
        raise UserError(f"{path} has no header with rows below it")
    cut = {separator: list(csv.reader(lines, delimiter=separator)) for separator in _SEPARATORS}
    even = {separator: len(rows[0]) for separator, rows in cut.items() if len({len(row) for row in rows}) == 1}
    separator = max(even, key=lambda one: even[one], default=",")
    if even.get(separator, 1) < 2:
        raise UserError(f"{path}: no separator of , ; tab | cuts its first lines into the same number of cells each")
    return GuessedDialect(separator, _decimal(separator, cut[separator][1:]))


def _decimal(separator: str, rows: Sequence[Sequence[str]]) -> str:
    cells = [cell.strip() for row in rows for cell in row]
    commas = sum(_WITH_COMMA.fullmatch(cell) is not None for cell in cells)
    points = sum(_WITH_POINT.fullmatch(cell) is not None for cell in cells)
    return "," if separator != "," and commas > points else "."
