"""Models on the same rows: what each is worth, and how sure that, or the difference of two, is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.batch import Bools, Floats, Integers

PERCENT = 95
"""Of the bootstrap interval."""
DRAWS = 400
"""Of the bootstrap."""


class Interval(NamedTuple):
    """Where the true value lies, `PERCENT` times out of a hundred."""

    low: float
    high: float


class Measure(NamedTuple):
    """One figure of both models, and the interval of challenger minus champion."""

    champion: float
    challenger: float
    difference: Interval

    def fell(self, by: float = 0.0) -> bool:
        """Lower by more than that, beyond chance."""
        return self.difference.high < -by

    @property
    def rose(self) -> bool:
        """Higher beyond chance."""
        return self.difference.low > 0


class Figure(NamedTuple):
    """One figure of one model."""

    value: float
    interval: Interval


class Judged(NamedTuple):
    """What one model says of the rows, both of shape (n,)."""

    scores: Floats
    faults: Bools
    """Over its own threshold."""


Judge = Callable[[Floats], Judged]
"""What a model says of readings of shape (n, sensors)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both models on one set of rows."""

    pr_auc: Measure
    f1: Measure
    """At each model's threshold, as the next two."""
    recall: Measure
    false_alarms: Measure
    """Share of the normal rows."""
    rows: int
    faults: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """One model on one set of rows; the figures are those of a comparison."""

    pr_auc: Figure
    f1: Figure
    recall: Figure
    false_alarms: Figure
    rows: int
    faults: int


def compare(truth: Bools, champion: Judged, challenger: Judged, seed: int, weights: Floats | None = None) -> Comparison:
    """By a paired bootstrap of the rows; `truth`, shape (n,), holds both classes.

    `weights`: how many rows each stands for, where they were drawn unevenly.
    """
    given = np.ones(len(truth)) if weights is None else weights
    both = [_Model.of(truth, judged) for judged in (champion, challenger)]
    whole = [model.figures(given) for model in both]
    low, high = _interval(truth, given, seed, lambda drawn: both[1].figures(drawn) - both[0].figures(drawn))
    pr_auc, f1, recall, false_alarms = (
        Measure(float(whole[0][at]), float(whole[1][at]), Interval(float(low[at]), float(high[at]))) for at in range(4)
    )
    return Comparison(pr_auc, f1, recall, false_alarms, len(truth), int(np.count_nonzero(truth)))


def assess(truth: Bools, judged: Judged, seed: int, weights: Floats | None = None) -> Assessment:
    """One model alone, by a bootstrap of the rows; arguments as of `compare`."""
    given = np.ones(len(truth)) if weights is None else weights
    model = _Model.of(truth, judged)
    whole = model.figures(given)
    low, high = _interval(truth, given, seed, model.figures)
    pr_auc, f1, recall, false_alarms = (
        Figure(float(whole[at]), Interval(float(low[at]), float(high[at]))) for at in range(4)
    )
    return Assessment(pr_auc, f1, recall, false_alarms, len(truth), int(np.count_nonzero(truth)))


def _interval(truth: Bools, given: Floats, seed: int, figures: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    """Between which the figures lie as rows of these weights are drawn again and again, with both classes."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(DRAWS):
        drawn = given * np.bincount(random.integers(0, len(truth), len(truth)), minlength=len(truth))
        if drawn[truth].any() and drawn[~truth].any():
            found.append(figures(drawn))
    low, high = np.percentile(found or [figures(given)], [(100 - PERCENT) / 2, (100 + PERCENT) / 2], axis=0)
    return low, high


@dataclass(frozen=True, slots=True)
class _Model:
    """One model's rows from the highest score down, sorted once for every draw of the bootstrap."""

    order: Integers
    truth: Floats
    ends: Integers
    """Where each run of equal scores ends: rows of one score have no order among themselves."""
    faults: Floats

    @classmethod
    def of(cls, truth: Bools, judged: Judged) -> "_Model":
        order = np.argsort(-judged.scores, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(judged.scores[order])), len(order) - 1)
        return cls(order, truth[order].astype(np.float64), ends, judged.faults[order].astype(np.float64))

    def figures(self, weights: Floats) -> Floats:
        """PR-AUC, F1, recall and the share of false alarms of rows weighted so."""
        weights = weights[self.order]
        real = weights * self.truth
        found, alarms = float(real @ self.faults), float(weights @ self.faults)
        faults, total = float(real.sum()), float(weights.sum())
        return np.array(
            [
                self._area(weights, real),
                2 * found / (alarms + faults),
                found / faults,
                (alarms - found) / (total - faults),
            ]
        )

    def _area(self, weights: Floats, real: Floats) -> float:
        """Average precision: the sum of precision times the step in recall."""
        hits = np.cumsum(real)[self.ends]
        seen = np.cumsum(weights)[self.ends]
        precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
        return float(np.sum(precision * np.diff(hits, prepend=0.0)) / hits[-1])
