"""Rows of a database as chunks: producer.recorded.Frames."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd

from core.ports.rows import RecordedRows


class RowFrames:
    """The first row is row 1; how many there are nobody knows before the last."""

    def __init__(self, rows: RecordedRows) -> None:
        """Raises UserError, Unavailable."""
        self._rows = rows
        self.columns = list(rows.columns)
        self.repeated: Collection[str] = {name for name, count in Counter(self.columns).items() if count > 1}
        self.first_row = 1
        self.share = 0.0
        self.dialect = ""

    def chunks(self, numbers: Collection[str], texts: Collection[str]) -> Iterator[pd.DataFrame]:
        """See producer.recorded.Frames. A time without a zone is UTC."""
        places = {name: self.columns.index(name) for name in (*numbers, *texts)}
        for piece in self._rows.pieces():
            yield pd.DataFrame(
                {
                    name: (_numbers if name in numbers else _texts)([row[place] for row in piece])
                    for name, place in places.items()
                }
            )


def _numbers(cells: Sequence[object]) -> Sequence[object] | pd.DatetimeIndex:
    floats = [np.nan if cell is None else float(cell) for cell in cells if isinstance(cell, _NUMBER)]
    return floats if len(floats) == len(cells) else _texts(cells)


def _texts(cells: Sequence[object]) -> Sequence[object] | pd.DatetimeIndex:
    if any(isinstance(cell, date) for cell in cells):
        return pd.DatetimeIndex(pd.to_datetime(np.array(cells, dtype=object), utc=True, errors="coerce"))
    return [None if cell is None else _text(cell) for cell in cells]


def _text(cell: object) -> str:
    return str(int(cell) if isinstance(cell, bool) else cell)  # as files write yes and no


_NUMBER = (int, float, Decimal, type(None))
