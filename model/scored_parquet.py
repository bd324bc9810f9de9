"""Scored rows as a Parquet file."""

from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import UserError
from core.machine import Machine
from core.prediction import ModelVersion
from core.scored_rows import ScoredRows
from model.scored_columns import scored_columns, scored_fields

_ROW_GROUP = 100_000
"""Rows that are written together: what is written of each group besides its rows stays small."""


class ScoredParquet:
    """Writes chunk after chunk beside the path, and gives the file its name when the block ends without an error."""

    def __init__(self, path: Path, machine: Machine, version: ModelVersion) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._machine = machine
        self._waiting: list[pa.Table] = []
        self._rows_waiting = 0
        texts = pa.dictionary(pa.int32(), pa.string())
        fields = [(name, texts if kind == pa.string() else kind) for name, kind in scored_fields(machine)]
        self._schema = pa.schema(fields, {"machine": machine.name, "model_version": str(version.number)})

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._part, self._schema, compression="zstd")
        except OSError as error:
            raise UserError(f"{self._path} cannot be written: {error.strerror or error}") from error
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            self._write_waiting()
        self._writer.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)

    def write(self, scored: ScoredRows) -> None:
        """Add the rows. Raises OSError."""
        columns = scored_columns(self._machine, scored)
        arrays = [columns[field.name].cast(field.type) for field in self._schema]
        self._waiting.append(pa.table(arrays, self._schema))
        self._rows_waiting += len(scored.rows)
        if self._rows_waiting >= _ROW_GROUP:
            self._write_waiting()

    def _write_waiting(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting).unify_dictionaries())
            self._waiting, self._rows_waiting = [], 0
