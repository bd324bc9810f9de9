"""One cause: many devices of a machine or a place that get into the same trouble at once share more than chance."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

_MOST_OF_THEM = 0.8
_HALF = 0.5
_AT_ONCE_S = 900.0
"""Devices read at their own pace, and a line does not stop everywhere in the same second."""

Trouble = Literal["fault", "sensor", "silent"]


class Group(Struct, frozen=True):
    """Devices of one machine, or of one place, in the same kind of trouble."""

    kind: Trouble
    title: str
    """What people call the machine or the place."""
    devices: int
    of: int
    """Devices that it has in all."""
    within: float
    """Seconds of event time from the first that began to the last."""


def common_cause(groups: Sequence[Group], troubled: int) -> Group | None:
    """The group that most of the `troubled` devices belong to, where at least half of its own got into trouble at once.

    Few of many that fail, or many one after the other, may well have causes of their own. Of several groups that would
    do, the one of which the largest share is in trouble: a whole line says more than half of a site.
    """
    causes = [group for group in groups if _is_cause(group, troubled)]
    return max(causes, key=_share, default=None)


def _is_cause(group: Group, troubled: int) -> bool:
    is_most_of_it = 1 < group.devices >= _MOST_OF_THEM * troubled
    return is_most_of_it and _share(group) >= _HALF and group.within <= _AT_ONCE_S


def _share(group: Group) -> float:
    return group.devices / group.of
