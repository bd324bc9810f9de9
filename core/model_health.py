"""How one model version does on what people said, alone: the gate compares two, this says how one is."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from core.batch import Floats
from core.calibration import Calibration, calibration
from core.comparison import Assessment, Judge, Judged, assess
from core.incident_policy import IncidentPolicy
from core.label import Verdict
from core.training import LabelledIncident
from core.verdict_replay import FEW, strength, would_alert

_SEED = 0
"""Of the bootstrap: the same verdicts give the same figures."""


class Ringing(Struct, frozen=True):
    """Troubles of one kind, and how many of them the version would raise."""

    troubles: int
    ring: int

    @property
    def share(self) -> float | None:
        """None: there is no such trouble."""
        return self.ring / self.troubles if self.troubles else None


class Audited(Struct, frozen=True):
    """Answers about readings drawn among all that raised no alert, as what they stand for."""

    answered: int
    readings: float
    faults: float
    found: float
    """Of the faults: those that the version would raise."""


class Health(Struct, frozen=True):
    """What a version makes of people's verdicts."""

    confirmed: Ringing
    """Alerts that were real faults."""
    refuted: Ringing
    """Alerts that were false alarms."""
    reported: Ringing
    """Faults of which people had to tell us."""
    asked: Ringing
    """Faults that questions found."""
    audited: Audited
    taught: int
    """Verdicts that this version learnt from: they count above, where anything else would hide what was learnt, and
    are left out below, where they would flatter it."""
    judged: int
    """Verdicts that are left."""
    quality: Assessment | None
    """On those, each trouble once; None: too few to say."""
    calibration: Calibration | None
    """As above."""

    @property
    def false_alarm_share(self) -> float | None:
        """Of the judged alerts that it would raise; None: it would raise none."""
        rings = self.confirmed.ring + self.refuted.ring
        return self.refuted.ring / rings if rings else None


class _Seen(NamedTuple):
    """One trouble as the version sees it."""

    trouble: LabelledIncident
    scores: Floats
    rings: bool
    strength: float

    @property
    def is_fault(self) -> bool:
        return self.trouble.verdict is Verdict.FAULT


def health(
    incidents: Sequence[LabelledIncident], policy: IncidentPolicy, judge: Judge, taught: Collection[int]
) -> Health:
    """Of the version that `judge` asks; `taught`: the labels that it learnt from."""
    seen = _seen(incidents, policy, judge)
    alerted = [one for one in seen if one.trouble.alert is not None]
    told = [one for one in seen if one.trouble.alert is None and not one.trouble.asked]
    fair = [one for one in seen if one.trouble.label not in taught]
    enough = min(sum(one.is_fault for one in fair), sum(not one.is_fault for one in fair)) >= FEW
    return Health(
        confirmed=_ringing(one for one in alerted if one.is_fault),
        refuted=_ringing(one for one in alerted if not one.is_fault),
        reported=_ringing(one for one in told if one.is_fault),
        asked=_ringing(one for one in seen if one.trouble.asked and one.is_fault),
        audited=_audited([one for one in seen if one.trouble.audit]),
        taught=len(seen) - len(fair),
        judged=len(fair),
        quality=_quality(fair) if enough else None,
        calibration=_calibration(fair) if enough else None,
    )


def _seen(incidents: Sequence[LabelledIncident], policy: IncidentPolicy, judge: Judge) -> Sequence[_Seen]:
    chosen = [
        one
        for one in incidents
        if one.verdict in (Verdict.FAULT, Verdict.FALSE_ALARM) and len(one.sensors) and not one.held
    ]
    if not chosen:
        return []
    said = judge(np.concatenate([one.sensors for one in chosen]))
    ends = np.cumsum([len(one.sensors) for one in chosen])[:-1]
    return [
        _Seen(one, scores, would_alert(faults, policy), strength(scores, policy))
        for one, scores, faults in zip(chosen, np.split(said.scores, ends), np.split(said.faults, ends), strict=True)
    ]


def _ringing(seen: Iterable[_Seen]) -> Ringing:
    rings = [one.rings for one in seen]
    return Ringing(len(rings), sum(rings))


def _audited(seen: Sequence[_Seen]) -> Audited:
    faults = [one for one in seen if one.is_fault]
    return Audited(
        len(seen),
        sum(one.trouble.weight for one in seen),
        sum(one.trouble.weight for one in faults),
        sum(one.trouble.weight for one in faults if one.rings),
    )


def _quality(seen: Sequence[_Seen]) -> Assessment:
    truth = np.array([one.is_fault for one in seen], dtype=np.bool_)
    judged = Judged(np.array([one.strength for one in seen]), np.array([one.rings for one in seen], dtype=np.bool_))
    return assess(truth, judged, _SEED, np.array([one.trouble.weight for one in seen]))


def _calibration(seen: Sequence[_Seen]) -> Calibration:
    """By readings, which is what has a probability; each trouble counts once, however long it was."""
    lengths = np.array([len(one.scores) for one in seen])
    truth = np.repeat([one.is_fault for one in seen], lengths)
    return calibration(truth, np.concatenate([one.scores for one in seen]), np.repeat(1 / lengths, lengths))
