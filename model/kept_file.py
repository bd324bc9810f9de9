"""Stored readings as a file that is made while it is read: CSV, Parquet or an Arrow stream, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet as pq

from core.kept_readings import FileFormat, KeptMachine, KeptReadings
from core.spreadsheet_text import spreadsheet_text

_Writer: TypeAlias = Any  # pyarrow ships no types
_GROUP_BYTES: Mapping[FileFormat, int] = {"csv": 0, "arrow": 0, "parquet": 16 * 1_048_576}
"""So much is written together: a filter that leaves few readings of each window makes no Parquet file of crumbs."""


def kept_file(kind: FileFormat, machine: KeptMachine, readings: Iterable[KeptReadings]) -> Iterator[bytes]:
    """The file, a piece for each of `readings`, perhaps an empty one: whoever takes them can stop between any two.

    Columns: id, device, time, probability, fault, defect, value, quality, model_version, topic, partition, offset, then
    the sensors. What is not known is null. A text that a spreadsheet would compute gets an apostrophe in CSV.
    Raises what `readings` raises.
    """
    sink = _Sink()
    schema = _schema(kind, machine)
    waiting: list[pa.Table] = []
    with _WRITERS[kind](sink, schema) as writer:
        for rows in readings:
            if len(rows.offsets):
                waiting.append(_table(kind, schema, machine, rows))
            if waiting and sum(table.nbytes for table in waiting) >= _GROUP_BYTES[kind]:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
            yield sink.taken()
        if waiting:
            writer.write_table(pa.concat_tables(waiting))
    yield sink.taken()


class _Sink:
    """What was written since it was last taken."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)

    def flush(self) -> None:
        """Whoever takes it sends it."""

    def close(self) -> None:
        """Its writer is done."""


_WRITERS: Mapping[FileFormat, Callable[[_Sink, pa.Schema], _Writer]] = {
    "csv": lambda sink, schema: pa.csv.CSVWriter(pa.PythonFile(sink, mode="w"), schema),
    "parquet": lambda sink, schema: pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd"),
    "arrow": lambda sink, schema: pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), schema),
}


def _schema(kind: FileFormat, machine: KeptMachine) -> pa.Schema:
    own = [
        ("id", pa.string()),
        ("device", pa.string()),
        ("time", pa.string() if kind == "csv" else pa.timestamp("us", "UTC")),
        ("probability", pa.float64()),
        ("fault", pa.bool_()),
        *([("defect", pa.string())] if machine.classes else []),
        *([("value", pa.float64())] if machine.tells_value else []),
        ("quality", pa.int16()),
        ("model_version", pa.int64()),
        ("topic", pa.string()),
        ("partition", pa.int64()),
        ("offset", pa.int64()),
    ]
    taken = {name for name, _ in own}
    sensors = [(f"sensor.{name}" if name in taken else name, pa.float64()) for name in machine.sensors]
    return pa.schema([*own, *sensors])


def _table(kind: FileFormat, schema: pa.Schema, machine: KeptMachine, rows: KeptReadings) -> pa.Table:
    count, unscored = len(rows.offsets), np.isnan(rows.scores)
    words = spreadsheet_text if kind == "csv" else str
    columns = {
        "id": [str(UUID(bytes=bytes(one))) for one in rows.ids],
        "device": [words(device) for device in rows.devices],
        "time": np.datetime_as_string(rows.times.view("datetime64[us]"), timezone="UTC")
        if kind == "csv"
        else pa.array(rows.times, pa.timestamp("us", "UTC")),
        "probability": pa.array(rows.scores, mask=unscored),
        "fault": pa.array(rows.faults, mask=~rows.judged),
        "value": pa.array(rows.values, mask=np.isnan(rows.values)),
        "quality": rows.quality,
        "model_version": pa.array(rows.versions, mask=unscored),
        "topic": [words(rows.topic)] * count,
        "partition": np.full(count, rows.partition, dtype=np.int64),
        "offset": rows.offsets,
    }
    if machine.classes:
        names = np.array([words(name) for name in machine.classes], dtype=object)
        columns["defect"] = pa.array(names[rows.classes], pa.string(), mask=~rows.judged | ~rows.faults)
    own = [columns[name] for name in schema.names[: len(schema) - len(machine.sensors)]]
    sensors = [pa.array(values, mask=np.isnan(values)) for values in np.ascontiguousarray(rows.sensors.T)]
    arrays = [pa.array(column, field.type) for column, field in zip([*own, *sensors], schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
