"""Readings as PostgreSQL's binary COPY format, straight from columns.

Format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY. Every field of a row is
preceded by its length; no column is ever NULL, so all rows of a machine have one width and one numpy structure.
"""

import functools
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt

from core.batch import Batch, Integers
from core.prediction import Predictions

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
COLUMNS = (
    "topic, kafka_partition, kafka_offset, day, id, device, time, sensors, quality, task, class, score, model_version"
)
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_MICROS = round(_POSTGRES_EPOCH.timestamp()) * 1_000_000
_FLOAT8_OID = 701
# (column, numpy type, bytes); Postgres reads big-endian.
_BEFORE = (
    ("topic", ">i2", 2),
    ("kafka_partition", ">i4", 4),
    ("kafka_offset", ">i8", 8),
    ("day", ">i4", 4),
    ("id", "V16", 16),
    ("device", ">i4", 4),
    ("time", ">i8", 8),
)
_AFTER = (
    ("quality", ">i2", 2),
    ("task", ">i2", 2),
    ("class", ">i2", 2),
    ("score", ">f8", 8),
    ("model_version", ">i4", 4),
)


def readings_as_copy(
    batch: Batch, topic: int, devices: Integers, predictions: Predictions, task: int, day: date
) -> bytes:
    """The batch's readings as a complete binary COPY stream for COLUMNS of table reading."""
    packed = np.repeat(_template(batch.sensors.shape[1]), len(batch))
    packed["topic"] = topic
    packed["kafka_partition"] = batch.partitions
    packed["kafka_offset"] = batch.offsets
    packed["day"] = (day - _POSTGRES_EPOCH.date()).days
    packed["id"] = batch.ids
    packed["device"] = devices
    packed["time"] = batch.times - _EPOCH_MICROS
    packed["sensors"]["value"] = batch.sensors
    packed["quality"] = batch.quality
    packed["task"] = task
    packed["class"] = predictions.classes
    packed["score"] = predictions.scores
    packed["model_version"] = predictions.version.number
    return b"".join((HEADER, packed.view(np.uint8).data, TRAILER))


@functools.cache
def _template(sensors: int) -> npt.NDArray[np.void]:
    """One row, with every length and array header in place and every value still zero. Shape (1,)."""
    fields: list[tuple[object, ...]] = [("count", ">i2")]
    for name, kind, _ in _BEFORE:
        fields += [(f"{name}_length", ">i4"), (name, kind)]
    # A float8[]: dimensions, has-null flag, element type, its length, its lower bound, then the elements.
    fields += [
        ("sensors_length", ">i4"),
        ("array", ">i4", (5,)),
        ("sensors", [("length", ">i4"), ("value", ">f8")], (sensors,)),
    ]
    for name, kind, _ in _AFTER:
        fields += [(f"{name}_length", ">i4"), (name, kind)]
    template = np.zeros(1, dtype=np.dtype(fields))
    template["count"] = len(_BEFORE) + 1 + len(_AFTER)
    for name, _, length in (*_BEFORE, *_AFTER):
        template[f"{name}_length"] = length
    template["sensors_length"] = 20 + 12 * sensors
    template["array"] = [1, 0, _FLOAT8_OID, sensors, 1]
    template["sensors"]["length"] = 8
    return template
