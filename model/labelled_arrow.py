"""Labelled rows with their keys as Arrow batches, as Spark takes and gives them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from core.history import History
from core.machine import Machine
from core.row_sample import KeyedRows

RecordBatch = Any  # pyarrow ships no types

DDL = (
    "`rows` bigint, `left_out` bigint, `key` binary, `place` bigint, `device` string, `time` bigint, `fault` boolean,"
    " `class` smallint, `value` double, `sensors` array<double>"
)
"""The columns in Spark's words."""
_SCHEMA = pa.schema(
    [
        ("rows", pa.int64()),
        ("left_out", pa.int64()),
        ("key", pa.binary()),
        ("place", pa.int64()),
        ("device", pa.string()),
        ("time", pa.int64()),
        ("fault", pa.bool_()),
        ("class", pa.int16()),
        ("value", pa.float64()),
        ("sensors", pa.list_(pa.float64())),
    ]
)


class FileCounts(NamedTuple):
    """Of one file."""

    rows: int
    left_out: int


def counts_batch(counts: FileCounts) -> RecordBatch:
    """One row, which has no key."""
    return _batch(1, {"rows": pa.array([counts.rows]), "left_out": pa.array([counts.left_out])})


def rows_batch(rows: KeyedRows) -> RecordBatch:
    """A row of each."""
    history = rows.history
    count, sensors = history.sensors.shape
    offsets = np.arange(count + 1, dtype=np.int32) * sensors
    columns = {
        "key": pa.array(rows.keys.tolist(), pa.binary()),
        "place": pa.array(rows.places),
        "device": pa.array(history.devices, pa.string()),
        "time": pa.array(history.times),
        "fault": pa.array(history.fault),
        "sensors": pa.ListArray.from_arrays(offsets, np.ascontiguousarray(history.sensors).ravel()),
    }
    if history.classes is not None:
        columns["class"] = pa.array(history.classes)
    if history.values is not None:
        columns["value"] = pa.array(history.values)
    return _batch(count, columns)


def rows_of(table: Any, machine: Machine) -> KeyedRows:
    """The rows of an Arrow table with these columns."""
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    count = len(table)
    sensors = np.asarray(columns["sensors"].flatten(), dtype=np.float64).reshape(count, len(machine.sensors))
    history = History(
        sensors,
        np.asarray(columns["fault"].to_numpy(zero_copy_only=False), dtype=np.bool_),
        columns["device"].to_pylist(),
        np.asarray(columns["time"], dtype=np.int64),
        np.asarray(columns["class"], dtype=np.int16) if machine.classes else None,
        np.asarray(columns["value"], dtype=np.float64) if machine.target else None,
    )
    keys: Sequence[bytes] = columns["key"].to_pylist()
    return KeyedRows(history, np.array(keys, dtype="S16"), np.asarray(columns["place"], dtype=np.int64))


def _batch(count: int, columns: dict[str, Any]) -> RecordBatch:
    arrays = [columns[field.name] if field.name in columns else pa.nulls(count, field.type) for field in _SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)
