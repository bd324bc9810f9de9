"""Cells of a file that keep their rows from being readings."""

from typing import NamedTuple


class BadCell(NamedTuple):
    """A cell that cannot be read or accepted, and why."""

    row: int
    """Its number in the file, as a spreadsheet counts."""
    column: str
    value: str
    reason: str
