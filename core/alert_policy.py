"""How much an incident weighs, and when people are told of it again: `[alerts]` in a machine's file."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

_Probability = Annotated[float, Meta(ge=0, le=1)]
_Seconds = Annotated[float, Meta(gt=0, lt=4e9)]


class AlertPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """An incident has the higher of two severities: by the highest probability it had, and by how long it lasts."""

    medium_probability: _Probability = 0.5
    """From this probability on an incident is of medium severity …"""
    high_probability: _Probability = 0.9
    """… and from this one on of high severity, however short it is."""
    medium_after: _Seconds = 600.0
    """One that lasts so many seconds, by event time, is of medium severity …"""
    high_after: _Seconds = 3600.0
    """… and one that lasts so many of high severity, however unlikely it is."""
    remind_after: _Seconds = 1800.0
    """An open incident that nobody answered is told again when it went on for so many seconds; each further reminder
    waits twice as long as the one before."""
    reminders: Annotated[int, Meta(ge=0, le=20)] = 3
    """So many reminders of one incident at most; 0: none."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """What the types cannot say: pairs of the key and what is wrong with it."""
        for what in ("probability", "after"):
            if getattr(self, f"medium_{what}") > getattr(self, f"high_{what}"):
                yield f"medium_{what}", f"cannot be more than high_{what}"
