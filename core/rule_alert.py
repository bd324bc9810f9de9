"""Troubles of Faultline itself that Prometheus' rules found: when engineers hear of one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

_LONGEST = 500
"""Characters of a summary that are told."""
_UNTIL_SAID_AGAIN = timedelta(minutes=5)
_NEVER = 1
"""The year that Go writes for no time at all."""


class RuleAlert(Struct, frozen=True, kw_only=True, rename="camel"):
    """One alert as Prometheus posts it to an Alertmanager, again and again while it rings."""

    labels: dict[str, str]
    """Which one it is."""
    annotations: dict[str, str] = field(default_factory=dict)
    ends_at: datetime | None = None
    """Of one that rings: until when it does unless it is said again; of one that is over: when it ended."""

    def rings_until(self, now: datetime) -> datetime:
        """Until when it rings unless it is said again; not after `now`: it is over."""
        if self.ends_at is None or self.ends_at.year <= _NEVER:
            return now + _UNTIL_SAID_AGAIN
        return self.ends_at


class News(StrEnum):
    """What engineers hear of it."""

    NONE = "none"
    BEGUN = "begun"
    OVER = "over"


def why_tell(rang_until: datetime | None, rings_until: datetime, now: datetime) -> News:
    """`rang_until`: what was known; None: nothing. Where nobody said for so long that it rings, it rings anew."""
    rang, rings = rang_until is not None and rang_until > now, rings_until > now
    if rang == rings:
        return News.NONE
    return News.BEGUN if rings else News.OVER


def told(news: News, labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    """The words for engineers."""
    summary = (annotations.get("summary") or labels.get("alertname", "a rule of Prometheus rings"))[:_LONGEST]
    if news is News.OVER:
        return f"✅ Over: {summary}"
    runbook = annotations.get("runbook", "")[:_LONGEST]
    return f"🔧 {summary}." + (f"\nWhat to do: {runbook}" if runbook else "")
