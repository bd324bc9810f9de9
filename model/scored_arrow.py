"""Scored rows and bad ones as Arrow batches of one shape, as Spark takes them."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from core.bad_cell import BadCell
from core.machine import Machine
from core.scored_rows import ScoredRows
from model.scored_columns import scored_columns, scored_fields

RecordBatch: TypeAlias = Any  # pyarrow ships no types
_BAD = (("column", pa.string()), ("value", pa.string()), ("reason", pa.string()))
_SPARK = {
    pa.string(): "string",
    pa.int64(): "bigint",
    pa.int16(): "smallint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.timestamp("us", "UTC"): "timestamp",
}


class ScoredArrow:
    """Makes them: `rows` says `scored` or `bad`, and what the other kind has is null."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._schema = pa.schema([("rows", pa.string()), *scored_fields(machine), *_BAD])

    @property
    def ddl(self) -> str:
        """The columns in Spark's words."""
        return ", ".join(f"`{field.name}` {_SPARK[field.type]}" for field in self._schema)

    def scored(self, rows: ScoredRows) -> RecordBatch:
        """Readings with their scores."""
        return self._batch("scored", len(rows.rows), scored_columns(self._machine, rows))

    def bad(self, file: str, cells: Sequence[BadCell]) -> RecordBatch:
        """Cells that kept rows of a file from being scored."""
        columns = {
            "file": pa.array([file] * len(cells), pa.string()),
            "row": pa.array([cell.row for cell in cells], pa.int64()),
            **{name: pa.array([getattr(cell, name) for cell in cells], kind) for name, kind in _BAD},
        }
        return self._batch("bad", len(cells), columns)

    def _batch(self, rows: str, count: int, columns: dict[str, pa.Array]) -> RecordBatch:
        columns["rows"] = pa.array([rows] * count, pa.string())
        filled = [
            columns[field.name].cast(field.type) if field.name in columns else pa.nulls(count, field.type)
            for field in self._schema
        ]
        return pa.RecordBatch.from_arrays(filled, schema=self._schema)


def numbers_in(batch: RecordBatch) -> Sequence[int]:
    """The first column."""
    found: list[int] = np.asarray(batch.column(0)).tolist()
    return found


def texts_batch(column: str, texts: Sequence[str]) -> RecordBatch:
    """One column."""
    return pa.RecordBatch.from_pydict({column: pa.array(texts, pa.string())})
