"""CSV that somebody sends: of any usual separator and encoding, and without a header where the machine's files are."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from core.errors import UserError
from core.headerless import headerless_columns, known_counts
from core.machine import Machine

_SEPARATORS = (",", ";", "\t", "|")

Columns = Mapping[str, Sequence[object]]
"""Name → the cells of all rows: numbers, texts or None."""


class SentTable(NamedTuple):
    """What a file holds."""

    columns: Columns
    first_row: int = 2
    """The number of the first row with a reading: the header is row 1."""


def read_csv(machine: Machine, content: bytes) -> SentTable:
    """Its cells as texts. A first row that names none of the machine's columns is a reading, where its files are so.

    Raises UserError where a row has more or fewer cells than the first one, or two of the machine's columns one name.
    """
    text = _text(content)
    known = {*machine.sensor_names, *machine.csv.columns.values()}
    named = {one: len(known & set(_first(text, one))) for one in _SEPARATORS}
    if machine.csv.header or any(named.values()):
        rows = _rows(text, max(_SEPARATORS, key=named.__getitem__))
        names = [name.strip() for name in next(rows, [])]
        if twice := next((name for name in names if name in known and names.count(name) > 1), None):
            raise UserError(f"the file has two columns {twice!r}: rename one")
        table = SentTable(_columns(names, list(rows), 2, "the header"))
    else:
        separator = _separator_without_header(machine, text)
        names = headerless_columns("the file", len(_first(text, separator)), machine, labels_needed=False)
        table = SentTable(_columns(names, list(_rows(text, separator)), 1, "the first row"), 1)
    return table


def _separator_without_header(machine: Machine, text: str) -> str:
    """The machine's own, unless another one gives as many cells as its files have columns; commas may be decimal."""
    candidates = dict.fromkeys((machine.csv.separator, *reversed(_SEPARATORS)))
    counts = known_counts(machine)
    return next((one for one in candidates if len(_first(text, one)) in counts), machine.csv.separator)


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]], first_row: int, first: str) -> Columns:
    for row, cells in enumerate(rows, first_row):
        if len(cells) != len(names):
            raise UserError(f"row {row} has {len(cells)} cells, {first} {len(names)}")
    return {name: [cells[place] for cells in rows] for place, name in enumerate(names)}


def _first(text: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(_rows(text, separator), [])]
    except csv.Error:  # with this separator a cell would be too long to be one
        return []


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    return (cells for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if cells)


def _text(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")  # what spreadsheets of Western Europe write
