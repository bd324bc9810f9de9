"""Two models on rows that are all normal: how many of them each would alarm for."""

from typing import NamedTuple

import numpy as np

from core.batch import Bools
from core.comparison import DRAWS, PERCENT, Interval, Measure


class NormalRows(NamedTuple):
    """Of a hold-out without a fault."""

    false_alarms: Measure
    """Share of the rows."""
    rows: int


def compare_normal(champion: Bools, challenger: Bools, seed: int) -> NormalRows:
    """By a paired bootstrap of the rows, shape (n,) with n > 0: whether each model alarms."""
    random = np.random.default_rng(seed)
    more = challenger.astype(np.float64) - champion
    count = len(more)
    means = [float(more[random.integers(0, count, count)].mean()) for _ in range(DRAWS)]
    low, high = np.percentile(means, [(100 - PERCENT) / 2, (100 + PERCENT) / 2])
    measure = Measure(float(champion.mean()), float(challenger.mean()), Interval(float(low), float(high)))
    return NormalRows(measure, count)
