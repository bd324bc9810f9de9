"""Event times that cannot be right, or are too old to matter: measured against the log, never against a clock."""

import numpy as np

from core.batch import Bools, Integers
from core.silence import NEVER


def is_future(times: Integers, timestamps: Integers, limit: float) -> Bools:
    """Which event times (µs, shape (n,)) lie more than `limit` seconds past Kafka's own of their message (ms).

    The same on a replay, because the log keeps its timestamps. Where Kafka says none (negative), nothing is future.
    """
    return (times > timestamps * 1000 + round(limit * 1e6)) & (timestamps >= 0)


def is_late(times: Integers, counted: Bools, watermark: int, limit: float) -> tuple[Bools, int]:
    """Which event times lie more than `limit` seconds behind the newest before them; and the watermark after them.

    `times` (µs, shape (n,)) stand in the log's order: the answer does not depend on how it was cut into batches. Those
    not `counted` are neither late nor move the watermark.
    """
    newest = np.maximum.accumulate(np.concatenate(([watermark], np.where(counted, times, NEVER))))
    return counted & (times < newest[:-1] - round(limit * 1e6)), int(newest[-1])
