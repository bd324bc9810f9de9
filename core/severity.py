"""How severe an incident is: by how likely it is a fault, and by how long it lasts."""

from enum import IntEnum
from typing import NamedTuple

from core.alert_policy import AlertPolicy
from core.numbers import lasting, percent


class Severity(IntEnum):
    """The higher, the sooner somebody must look."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def words(self) -> str:
        """As a person reads it."""
        return self.name.lower()


class Graded(NamedTuple):
    """A severity, and why it is that one."""

    severity: Severity
    reason: str
    """A few words for a person."""


def graded(probability: float, seconds: float, policy: AlertPolicy) -> Graded:
    """The severity of an incident with this highest probability, whose newest fault came so long after its first.

    Neither ever falls while the incident is open, and so its severity does not. A silence has no probability: 0.
    """
    by_probability = _rung(probability, policy.medium_probability, policy.high_probability)
    by_duration = _rung(seconds, policy.medium_after, policy.high_after)
    if by_duration > by_probability:
        return Graded(by_duration, f"it has lasted {lasting(seconds)}")
    if by_probability > Severity.LOW:
        return Graded(by_probability, f"{percent(probability)} likely a fault")
    return Graded(Severity.LOW, f"it has lasted {lasting(seconds)} only, {percent(probability)} likely a fault")


def _rung(value: float, medium: float, high: float) -> Severity:
    if value >= high:
        return Severity.HIGH
    return Severity.MEDIUM if value >= medium else Severity.LOW
