"""The gate: whether a challenger may replace the champion, decided from scores alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.batch import Bools, Floats, Integers
from core.label import Verdict
from core.machine import IncidentPolicy

PERCENT = 95
"""Of the bootstrap interval."""
_DRAWS = 400


class ReplayedAlert(NamedTuple):
    """An answered alert, and which of the two models would raise it."""

    alert: int
    verdict: Verdict
    champion: bool
    challenger: bool


class Interval(NamedTuple):
    """Where the true value lies, `PERCENT` times out of a hundred."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """PR-AUC of both models on one hold-out, and the interval of challenger minus champion."""

    champion: float
    challenger: float
    difference: Interval
    rows: int
    faults: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate says, and why in words for an engineer."""

    promote: bool
    reason: str


def compare(truth: Bools, champion: Floats, challenger: Floats, seed: int) -> Comparison:
    """Both models' scores, shape (n,), on the same rows, by a paired bootstrap; `truth` holds at least one fault."""
    ranked = [_Ranked.of(truth, scores) for scores in (champion, challenger)]
    ones = np.ones(len(truth))
    champion_area, challenger_area = (model.area(ones) for model in ranked)
    random = np.random.default_rng(seed)
    differences = []
    for _ in range(_DRAWS):
        weights = np.bincount(random.integers(0, len(truth), len(truth)), minlength=len(truth)).astype(np.float64)
        if weights[truth].any():
            differences.append(ranked[1].area(weights) - ranked[0].area(weights))
    low, high = np.percentile(differences, [(100 - PERCENT) / 2, (100 + PERCENT) / 2])
    return Comparison(
        champion_area, challenger_area, Interval(float(low), float(high)), len(truth), int(np.count_nonzero(truth))
    )


def decide(comparison: Comparison, replay: Sequence[ReplayedAlert]) -> Decision:
    """Refuses what is worse on the hold-out beyond chance, or loses more confirmed faults than it spares alarms."""
    areas = f"PR-AUC {comparison.challenger:.4f} against the champion's {comparison.champion:.4f}"
    interval = (
        f"{PERCENT} % interval of the difference {comparison.difference.low:+.4f} to {comparison.difference.high:+.4f}"
    )
    if comparison.difference.high < 0:
        return Decision(False, f"worse on the hold-out beyond chance: {areas} ({interval})")
    spared, lost = vanishing(replay), losing(replay)
    if len(lost) > len(spared):
        alerts = ", ".join(map(str, lost))
        return Decision(
            False, f"it would lose {len(lost)} confirmed faults (alerts {alerts}) and spare {len(spared)} false alarms"
        )
    return Decision(True, f"not worse on the hold-out: {areas} ({interval})")


def vanishing(replay: Sequence[ReplayedAlert]) -> Sequence[int]:
    """Refuted alerts that the champion would raise again and the challenger would not."""
    return _changed(replay, Verdict.FALSE_ALARM)


def losing(replay: Sequence[ReplayedAlert]) -> Sequence[int]:
    """Confirmed alerts that the champion would raise again and the challenger would not."""
    return _changed(replay, Verdict.FAULT)


def would_alert(faults: Bools, policy: IncidentPolicy) -> bool:
    """Whether readings of one incident, shape (n,) in order, would open it again: k of n, or all of fewer."""
    if not len(faults):
        return False
    window = np.convolve(faults.astype(np.int64), np.ones(policy.of_last, dtype=np.int64))
    return bool(window.max() >= min(policy.open_after, len(faults)))


def before_last(promotions: Sequence[tuple[str, int]]) -> int | None:
    """The champion to roll back to, from every promotion (kind, number) in order; None where there is none.

    A rollback takes its champions off, so that two rollbacks in a row go back two steps.
    """
    stack: list[int] = []
    for kind, number in promotions:
        if kind == "rollback" and number in stack:
            while stack[-1] != number:
                stack.pop()
        elif not stack or stack[-1] != number:
            stack.append(number)
    return stack[-2] if len(stack) > 1 else None


def _changed(replay: Sequence[ReplayedAlert], verdict: Verdict) -> Sequence[int]:
    return [item.alert for item in replay if item.verdict is verdict and item.champion and not item.challenger]


@dataclass(frozen=True, slots=True)
class _Ranked:
    """One model's rows from the highest score down, sorted once for every draw of the bootstrap."""

    order: Integers
    truth: Floats
    ends: Integers
    """Where each run of equal scores ends: rows of one score have no order among themselves."""

    @classmethod
    def of(cls, truth: Bools, scores: Floats) -> "_Ranked":
        order = np.argsort(-scores, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
        return cls(order, truth[order].astype(np.float64), ends)

    def area(self, weights: Floats) -> float:
        """Average precision of rows weighted so: the sum of precision times the step in recall."""
        weights = weights[self.order]
        hits = np.cumsum(weights * self.truth)[self.ends]
        seen = np.cumsum(weights)[self.ends]
        precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
        return float(np.sum(precision * np.diff(hits, prepend=0.0)) / hits[-1])
