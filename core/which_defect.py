"""How well models tell defects apart, and two of them on the same faults."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from core.batch import Floats, Integers
from core.comparison import DRAWS, PERCENT, Interval, Measure

Which = Callable[[Floats], Integers]
"""The number of the likeliest defect, from 1 on, of faults of shape (n, sensors)."""


class DefectMetrics(Struct, frozen=True):
    """How well a model tells defects apart, on the faults of the hold-out of which it is known which they are."""

    macro_f1: float
    """Mean over the defects there are, so that a rare one counts like a frequent one."""
    top_1: float
    top_3: float
    """Share of faults whose defect is the likeliest one, or among the three likeliest."""
    faults: int


@dataclass(frozen=True, slots=True)
class DefectComparison:
    """Both models on the faults of one set of rows of which it is known which defect they are."""

    macro_f1: Measure
    faults: int


def macro_f1(truth: Integers, said: Integers) -> float:
    """F1 of each defect that `truth` holds, shape (n,) with n > 0, and of these the mean."""
    return _mean_f1(np.ones(len(truth)), truth, said)


def compare_defects(truth: Integers, champion: Integers, challenger: Integers, seed: int) -> DefectComparison | None:
    """By a paired bootstrap of the rows, all of shape (n,); None where there is none."""
    if not len(truth):
        return None
    random = np.random.default_rng(seed)
    ones = np.ones(len(truth))
    before, after = (_mean_f1(ones, truth, said) for said in (champion, challenger))
    differences = []
    for _ in range(DRAWS):
        drawn = np.bincount(random.integers(len(truth), size=len(truth)), minlength=len(truth)).astype(np.float64)
        differences.append(_mean_f1(drawn, truth, challenger) - _mean_f1(drawn, truth, champion))
    low, high = np.percentile(differences, [(100 - PERCENT) / 2, (100 + PERCENT) / 2])
    return DefectComparison(Measure(before, after, Interval(float(low), float(high))), len(truth))


def _mean_f1(weights: Floats, truth: Integers, said: Integers) -> float:
    """Of rows weighted so, over the defects that have any weight."""
    most = int(max(truth.max(), said.max())) + 1
    real, called = np.bincount(truth, weights, most), np.bincount(said, weights, most)
    right = np.bincount(truth, weights * (truth == said), most)
    there = real > 0
    return float(np.mean(2 * right[there] / (real + called)[there]))
