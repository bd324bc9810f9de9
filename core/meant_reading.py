"""Which stored reading a person means: by alert, by incident, by its own id, or by its place in Kafka."""

from typing import NamedTuple
from uuid import UUID

from core.batch import Position
from core.dead_letter import read_position
from core.errors import UserError


class OfAlert(NamedTuple):
    """The reading that opened the incident of this alert."""

    number: int


class OfIncident(NamedTuple):
    """The reading that opened this incident."""

    number: int


Meant = OfAlert | OfIncident | UUID | Position


def read_meant(text: str) -> Meant:
    """What was written: `3` or `#3`, `incident:3`, an id, or TOPIC/PARTITION/OFFSET. UserError where it is none."""
    kind, _, number = text.rpartition(":")
    digits = number.removeprefix("#")
    if kind in ("", "incident") and digits.isascii() and digits.isdecimal():
        return OfIncident(int(digits)) if kind else OfAlert(int(digits))
    try:
        return read_position(text) if "/" in text else UUID(text)
    except (UserError, ValueError):
        raise UserError(
            f"{text} is no alert (3), incident (incident:3), reading's id (a UUID) or place (TOPIC/PARTITION/OFFSET)"
        ) from None
