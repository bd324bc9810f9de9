"""A version in the shadow: it scores the live stream beside the champion, apart, and nobody hears of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import numpy as np
from msgspec import Struct

from core.batch import Floats
from core.comparison import Judged
from core.incident_policy import IncidentPolicy
from core.label import Verdict
from core.prediction import ModelVersion
from core.recent_alarms import Recent, RecentAlarms, recent_alarms
from core.verdict_replay import would_alert


class ShadowScores(NamedTuple):
    """What it said, live, of the readings that one label judges."""

    verdict: Verdict
    scores: Sequence[float]
    """In the readings' order; NaN: not scored."""


class Beside(NamedTuple):
    """The latest readings that both scored, shape (n,) a column."""

    readings: Recent
    champion: Floats
    champion_threshold: Floats
    """Of the version that was champion then."""
    shadow: Floats


class ShadowVerdicts(Struct, frozen=True):
    """Judged troubles that it saw live, and how many of them it would have raised."""

    confirmed: int
    found: int
    refuted: int
    raised: int
    """Of the refuted ones."""


class ShadowRun(Struct, frozen=True):
    """A version's time in the shadow."""

    number: int
    since: datetime
    until: datetime | None
    """None: it goes on."""
    asked_by: str


class ShownShadow(Struct, frozen=True):
    """What there is to show of it."""

    run: ShadowRun
    threshold: float
    seen: tuple[ShadowScores, ...]


class Shadows(Protocol):
    """Which versions are in the shadow."""

    def running(self) -> Mapping[str, ModelVersion]:
        """By machine; a champion never is. Raises Unavailable."""


def shadow_verdicts(seen: Sequence[ShadowScores], threshold: float, policy: IncidentPolicy) -> ShadowVerdicts:
    """Where a trouble's readings would open an incident at that threshold, it would have raised it."""
    rings: dict[Verdict, list[bool]] = {Verdict.FAULT: [], Verdict.FALSE_ALARM: []}
    for one in seen:
        if one.verdict in rings:
            rings[one.verdict].append(would_alert(np.asarray(one.scores) >= threshold, policy))
    confirmed, refuted = rings[Verdict.FAULT], rings[Verdict.FALSE_ALARM]
    return ShadowVerdicts(len(confirmed), sum(confirmed), len(refuted), sum(refuted))


def alarms_beside(beside: Beside, threshold: float, policy: IncidentPolicy) -> RecentAlarms:
    """Incidents that the champion's scores and those of the shadow would open on the same readings."""
    champion = Judged(beside.champion, np.asarray(beside.champion >= beside.champion_threshold))
    shadow = Judged(beside.shadow, np.asarray(beside.shadow >= threshold))
    return recent_alarms(beside.readings, policy, lambda _: champion, lambda _: shadow)
