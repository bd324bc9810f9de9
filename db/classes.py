"""The likeliest classes of readings that are faults, as rows of table reading_class."""

from collections.abc import Sequence

import numpy as np

from core.batch import Batch
from core.defect import MOST
from core.prediction import Predictions


def likeliest_classes(batch: Batch, topic: int, predictions: Predictions) -> Sequence[tuple[object, ...]]:
    """Of a machine with several defects, (topic, partition, offset, rank, class, probability): rank 1 is the likeliest.

    At most `MOST` of each reading; none of a machine with one kind of fault.
    """
    if predictions.defects is None:
        return []
    rows = np.flatnonzero(predictions.faults)
    said = predictions.defects[rows]
    ranked = np.argsort(-said, axis=1, kind="stable")[:, :MOST]
    places = zip(batch.partitions[rows].tolist(), batch.offsets[rows].tolist(), strict=True)
    return [
        (topic, *place, rank, number, float(probabilities[number]))
        for place, numbers, probabilities in zip(places, ranked.tolist(), said, strict=True)
        for rank, number in enumerate(numbers, start=1)
    ]
