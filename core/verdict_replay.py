"""Troubles that people judged, scored again by both models: which would ring, and which would not."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.batch import Bools, Floats
from core.comparison import Comparison, Judge, Judged, compare
from core.incident_policy import IncidentPolicy
from core.label import Verdict
from core.training import LabelledIncident

FEW = 5
"""Fewer faults, or fewer normal ones, tell nothing of how two models differ."""


class Rings(NamedTuple):
    """Whether a model would raise a trouble again."""

    champion: bool
    challenger: bool


class Strength(NamedTuple):
    """The highest threshold under which a model would still raise it."""

    champion: float
    challenger: float


class Replayed(NamedTuple):
    """One trouble that a person judged, and what the two models make of it."""

    label: int
    alert: int | None
    """None: a person reported it, or was asked about it."""
    verdict: Verdict
    rings: Rings
    strength: Strength
    settled: bool = False
    """An engineer said so."""
    held_back: bool = False
    """No model was trained on it."""
    weight: float = 1.0

    @property
    def name(self) -> str:
        """As people know it: by its alert, or by the label's number."""
        return f"label {self.label}" if self.alert is None else f"#{self.alert}"


def replayed(
    incidents: Sequence[LabelledIncident], policy: IncidentPolicy, champion: Judge, challenger: Judge
) -> Sequence[Replayed]:
    """Those of these incidents that are confirmed or refuted and not held, in their order."""
    chosen = [
        one
        for one in incidents
        if one.verdict in (Verdict.FAULT, Verdict.FALSE_ALARM) and len(one.sensors) and not one.held
    ]
    if not chosen:
        return []
    sensors = np.concatenate([one.sensors for one in chosen])
    ends = np.cumsum([len(one.sensors) for one in chosen])[:-1]
    both = [
        zip(np.split(said.faults, ends), np.split(said.scores, ends), strict=True)
        for said in (champion(sensors), challenger(sensors))
    ]
    return [
        Replayed(
            one.label,
            one.alert,
            one.verdict,
            Rings(would_alert(first[0], policy), would_alert(second[0], policy)),
            Strength(strength(first[1], policy), strength(second[1], policy)),
            one.settled,
            one.held_back,
            one.weight,
        )
        for one, first, second in zip(chosen, *both, strict=True)
    ]


def compared(replay: Sequence[Replayed], seed: int) -> Comparison | None:
    """Both models on what was held back, each trouble once; None where it is too little to tell."""
    rows = [one for one in replay if one.held_back]
    truth = np.array([one.verdict is Verdict.FAULT for one in rows], dtype=np.bool_)
    if min(np.count_nonzero(truth), np.count_nonzero(~truth)) < FEW:
        return None
    strengths = np.array([one.strength for one in rows])
    rings = np.array([one.rings for one in rows])
    champion, challenger = (Judged(strengths[:, side], rings[:, side]) for side in (0, 1))
    return compare(truth, champion, challenger, seed, np.array([one.weight for one in rows]))


def spared(replay: Sequence[Replayed]) -> Sequence[Replayed]:
    """Refuted ones that the champion would raise again and the challenger would not."""
    return _that_ring(replay, Verdict.FALSE_ALARM, Rings(champion=True, challenger=False))


def added(replay: Sequence[Replayed]) -> Sequence[Replayed]:
    """Refuted ones that only the challenger would raise."""
    return _that_ring(replay, Verdict.FALSE_ALARM, Rings(champion=False, challenger=True))


def lost(replay: Sequence[Replayed]) -> Sequence[Replayed]:
    """Confirmed ones that the champion would raise again and the challenger would not."""
    return _that_ring(replay, Verdict.FAULT, Rings(champion=True, challenger=False))


def gained(replay: Sequence[Replayed]) -> Sequence[Replayed]:
    """Confirmed ones that only the challenger would raise."""
    return _that_ring(replay, Verdict.FAULT, Rings(champion=False, challenger=True))


def would_alert(faults: Bools, policy: IncidentPolicy) -> bool:
    """Whether readings of one incident, shape (n,) in order, would open it again: k of n, or all of fewer."""
    if not len(faults):
        return False
    window = np.convolve(faults.astype(np.int64), np.ones(policy.of_last, dtype=np.int64))
    return bool(window.max() >= min(policy.open_after, len(faults)))


def strength(scores: Floats, policy: IncidentPolicy) -> float:
    """The highest threshold at which readings of one incident, shape (n,) with n > 0, would open it again."""
    padded = np.concatenate([np.full(policy.of_last - 1, -np.inf), scores])
    windows = np.lib.stride_tricks.sliding_window_view(padded, policy.of_last)
    place = policy.of_last - min(policy.open_after, len(scores))
    return float(np.partition(windows, place, axis=1)[:, place].max())


def _that_ring(replay: Sequence[Replayed], verdict: Verdict, rings: Rings) -> Sequence[Replayed]:
    return [one for one in replay if one.verdict is verdict and one.rings == rings]
