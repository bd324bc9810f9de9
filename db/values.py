"""What a model predicted of readings, as rows of table reading_value."""

from collections.abc import Sequence

import numpy as np

from core.batch import Batch
from core.prediction import Predictions


def predicted_values(batch: Batch, topic: int, predictions: Predictions) -> Sequence[tuple[object, ...]]:
    """(topic, partition, offset, value) of each scored reading; none where no value is predicted."""
    if predictions.values is None:
        return []
    rows = np.flatnonzero(~np.isnan(predictions.values))
    columns = (batch.partitions[rows].tolist(), batch.offsets[rows].tolist(), predictions.values[rows].tolist())
    return [(topic, *row) for row in zip(*columns, strict=True)]
