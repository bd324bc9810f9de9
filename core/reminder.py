"""When an incident is told again: because it became more severe, or because nobody answered and it goes on."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from core.alert_policy import AlertPolicy
from core.severity import Severity


class Told(NamedTuple):
    """What people heard of an incident last."""

    severity: Severity
    reminders: int
    """Sent for this incident so far."""
    last: datetime
    """The newest fault that it spoke of, by event time."""
    at: datetime
    """When it was sent, by the clock."""


class Standing(NamedTuple):
    """How an incident stands now."""

    severity: Severity
    open: bool
    answered: bool
    last: datetime
    """Its newest fault, by event time; of a silence, the event time that the others have reached."""


class Retelling(StrEnum):
    """Whether an incident is told again, and why."""

    WORSE = "worse"
    """Told: it is more severe than people know."""
    REMINDER = "reminder"
    """Told: nobody answered, and it goes on."""
    CLOSED = "closed"
    ANSWERED = "answered"
    ENOUGH = "enough"
    """All its reminders were sent."""
    NOTHING_NEW = "nothing new"
    """By event time it went on for too short a while since it was told: nobody knows whether it still does."""
    TOO_SOON = "too soon"
    """By the clock people heard of it only just now, however much log was read since."""

    @property
    def is_told(self) -> bool:
        """The others say why not."""
        return self in (Retelling.WORSE, Retelling.REMINDER)


def why_told_again(told: Told, now: Standing, policy: AlertPolicy, clock: datetime) -> Retelling:
    """Whether the incident is told again at this time of the clock.

    A reminder needs both: that the trouble went on by event time, and that people had that long to answer. So neither a
    backlog that is read in a minute nor a stream that stands still reminds anybody.
    """
    if not now.open:
        return Retelling.CLOSED
    if now.answered:
        return Retelling.ANSWERED
    if now.severity > told.severity:
        return Retelling.WORSE
    if told.reminders >= policy.reminders:
        return Retelling.ENOUGH
    pause = _pause(told.reminders, policy)
    if (now.last - told.last).total_seconds() < pause:
        return Retelling.NOTHING_NEW
    return Retelling.TOO_SOON if (clock - told.at).total_seconds() < pause else Retelling.REMINDER


def _pause(reminders: int, policy: AlertPolicy) -> float:
    """Seconds before the next reminder, after so many."""
    return float(policy.remind_after * 2**reminders)
