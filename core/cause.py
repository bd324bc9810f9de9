"""One cause: many devices of a machine that get into the same trouble at about the same time share more than chance."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

_MOST_OF_THEM = 0.8
_HALF = 0.5
_AT_ONCE_S = 900.0
"""Devices read at their own pace, and a line does not stop everywhere in the same second."""

Trouble = Literal["fault", "sensor", "silent"]


class Group(Struct, frozen=True):
    """Devices of one machine in the same kind of trouble."""

    kind: Trouble
    machine: str
    title: str
    devices: int
    of: int
    """Devices of the machine in all."""
    within: float
    """Seconds of event time from the first that began to the last."""


def common_cause(groups: Sequence[Group]) -> Group | None:
    """The group that most of the trouble belongs to, where at least half of its machine's devices got into it at once.

    Few of many that fail, or many one after the other, may well have causes of their own.
    """
    troubled = sum(group.devices for group in groups)
    for group in groups:
        is_most_of_it = group.devices >= _MOST_OF_THEM * troubled
        if is_most_of_it and group.devices >= _HALF * group.of and group.within <= _AT_ONCE_S:
            return group
    return None
