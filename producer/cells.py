"""Cells of a file as numbers, times and names; a cell that cannot be read is named by its row and column."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.bad_cell import BadCell
from core.batch import Bools, Floats, Integers
from core.defect import plain_name
from core.errors import UserError
from core.flags import NO_FLAGS, flag

_SHOWN = 200
"""Characters of a wrong cell that are kept."""


class Column(NamedTuple):
    """A column of a chunk, and where it stands."""

    source: object
    name: str
    first_row: int
    """The number of its first row in the file."""
    cells: "pd.Series[str]"
    bad: list[BadCell] | None = None
    """Wrong cells are added to it; None: the first one is an error."""

    def refuse(self, wrong: Bools, why: str) -> None:
        """Note each wrong cell, or UserError for the first one."""
        for at in np.flatnonzero(wrong).tolist():
            row, text = self.first_row + at, str(self.cells.iloc[at])
            if self.bad is None:
                raise UserError(f"{self.source}, row {row}, column {self.name!r}: {text!r} is {why}")
            shown = "" if pd.isna(self.cells.iloc[at]) else text[:_SHOWN]
            self.bad.append(BadCell(row, self.name, shown, why))


def numbers(column: Column, decimal: str, words: Mapping[str, float] | None = None) -> Floats:
    """Finite numbers, NaN for an empty cell. `words`: text → number for a sensor that files write as text."""
    cells = column.cells
    if words:
        text = cells.astype(str).str.strip()
        found = _floats(text.map(dict(words)))
        column.refuse(np.isnan(found) & np.asarray(text != ""), f"none of {', '.join(words)}")
        return found
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        found = _floats(cells)
        column.refuse(np.isinf(found), "not a finite number")
        return found
    text = cells.astype(str).str.strip().str.replace(decimal, ".", regex=False)
    found = _floats(pd.to_numeric(text, errors="coerce"))
    column.refuse(~np.isfinite(found) & np.asarray(cells.notna()), "not a number")
    return found


def flags(column: Column, bit: int) -> Floats:
    """1 where the bit is set in a text such as `0x50005`, else 0; NaN for an empty cell."""
    text = column.cells.fillna("").astype(str).str.strip()
    found = _floats(text.map(lambda cell: flag(cell, bit)))
    column.refuse(np.isnan(found) & np.asarray(text != ""), NO_FLAGS)
    return found


def times(column: Column, time_format: str) -> Integers:
    """Microseconds since 1970 UTC; a time without a zone is UTC."""
    if pd.api.types.is_datetime64_any_dtype(column.cells):
        found = pd.to_datetime(column.cells, utc=True)
    else:
        found = pd.to_datetime(column.cells.astype(str), format=time_format, utc=True, errors="coerce")
    column.refuse(np.asarray(found.isna()), f"not a time ({time_format})")
    return np.asarray(found.dt.as_unit("us").astype("int64"), dtype=np.int64)


def names(column: Column) -> list[str]:
    """Device names as they stand."""
    column.refuse(np.asarray(column.cells.isna() | (column.cells.astype(str) == "")), "no device's name")
    # Each text is made once: a cell of Arrow's costs a microsecond and more to become one.
    places, found = pd.factorize(column.cells)
    texts = np.array([*map(str, found), "nan"], dtype=object)  # an absent one's place is the last, -1
    listed: list[str] = texts[places].tolist()
    return listed


def are_faults(column: Column, fault_value: str) -> Bools:
    """Which cells say fault: the text `fault_value`, or the same number."""
    text = column.cells.astype(str).str.strip()
    faults = np.asarray(text == fault_value, dtype=np.bool_)
    number = pd.to_numeric(pd.Series([fault_value]), errors="coerce").iloc[0]
    return faults | np.asarray(pd.to_numeric(text, errors="coerce") == number, dtype=np.bool_)


def are_named(column: Column, defects: Sequence[str]) -> Bools:
    """Which cells name one of these defects, written in any case."""
    named = column.cells.astype(str).map(plain_name).isin({plain_name(defect) for defect in defects})
    return np.asarray(named, dtype=np.bool_)


def _floats(cells: "pd.Series[float] | pd.Series[str]") -> Floats:
    return np.asarray(cells.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
