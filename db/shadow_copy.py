"""What a version in the shadow says, as PostgreSQL's binary COPY format, straight from columns."""

import numpy as np

from core.batch import Batch
from core.prediction import Predictions
from db.copy import HEADER, TRAILER

SHADOW_COLUMNS = "topic, kafka_partition, kafka_offset, model_version, class, score"
# (column, numpy type, bytes); Postgres reads big-endian, each field after its length.
_FIELDS = (
    ("topic", ">i2", 2),
    ("kafka_partition", ">i4", 4),
    ("kafka_offset", ">i8", 8),
    ("model_version", ">i4", 4),
    ("class", ">i2", 2),
    ("score", ">f8", 8),
)
_LENGTHS = [(f"{name}_length", ">i4") for name, _, _ in _FIELDS]
_ROW = np.dtype(
    [
        ("count", ">i2"),
        *(field for length, (name, kind, _) in zip(_LENGTHS, _FIELDS, strict=True) for field in (length, (name, kind))),
    ]
)


def shadow_as_copy(batch: Batch, topic: int, shadow: Predictions) -> bytes:
    """Of the readings that it scored, for SHADOW_COLUMNS of table shadow_score."""
    scored = np.flatnonzero(np.isfinite(shadow.scores))
    packed = np.zeros(len(scored), dtype=_ROW)
    packed["count"] = len(_FIELDS)
    for name, _, length in _FIELDS:
        packed[f"{name}_length"] = length
    packed["topic"] = topic
    packed["kafka_partition"] = batch.partitions[scored]
    packed["kafka_offset"] = batch.offsets[scored]
    packed["model_version"] = shadow.version.number
    packed["class"] = shadow.classes[scored]
    packed["score"] = shadow.scores[scored]
    return b"".join((HEADER, packed.view(np.uint8).data, TRAILER))
