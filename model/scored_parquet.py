"""Scored rows as a Parquet file."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import UserError
from core.machine import Machine
from core.prediction import ModelVersion
from core.scored_rows import ScoredRows

_NAME = pa.dictionary(pa.int32(), pa.string())


class ScoredParquet:
    """Writes chunk after chunk beside the path, and gives the file its name when the block ends without an error."""

    def __init__(self, path: Path, machine: Machine, version: ModelVersion) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._classes = np.array(machine.classes, dtype=object)
        fields = [
            ("file", _NAME),
            ("row", pa.int64()),
            ("device", _NAME),
            ("time", pa.timestamp("us", "UTC")),
            ("probability", pa.float64()),
            ("fault", pa.bool_()),
            *([("class", _NAME)] if machine.classes else []),
            ("quality", pa.int16()),
        ]
        self._schema = pa.schema(fields, {"machine": machine.name, "model_version": str(version.number)})

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._part, self._schema, compression="zstd")
        except OSError as error:
            raise UserError(f"{self._path} cannot be written: {error.strerror or error}") from error
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._writer.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)

    def write(self, scored: ScoredRows) -> None:
        """Add the rows; a reading without a score has neither probability nor fault nor class. Raises OSError."""
        found = scored.predictions
        unscored = np.isnan(found.scores)
        columns = [
            pa.DictionaryArray.from_arrays(np.zeros(len(scored.rows), dtype=np.int32), [scored.file]),
            pa.array(scored.rows),
            pa.array(scored.devices, pa.string()).dictionary_encode(),
            pa.array(scored.times, pa.timestamp("us", "UTC")),
            pa.array(found.scores, mask=unscored),
            pa.array(found.faults, mask=unscored),
            *([pa.array(self._classes[found.classes], pa.string(), mask=unscored)] if len(self._classes) else []),
            pa.array(scored.quality),
        ]
        self._writer.write_table(
            pa.table(
                [column.cast(field.type) for column, field in zip(columns, self._schema, strict=True)], self._schema
            )
        )
