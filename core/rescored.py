"""What changes when a log is scored again by another model version: against what was decided, and against labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from msgspec import Struct

from core.batch import from_micros
from core.incident_replay import Raised
from core.label import Verdict


class LogPart(NamedTuple):
    """A partition of a topic, by the topic's number: a topic that was made anew is another one."""

    topic: int
    partition: int


class Told(Struct, frozen=True):
    """A trouble that people know of: an incident with its alert, or a report."""

    part: LogPart
    device: int
    name: str
    """Of the device."""
    first: int
    """Offset of its first fault, or of the first reading that a report speaks of."""
    last: int
    at: datetime
    """When it opened, or when a report says that it began."""
    incident: int | None = None
    alert: int | None = None
    label: int | None = None
    """The one that counts."""
    verdict: Verdict | None = None
    by: str = ""


class Found(Struct, frozen=True):
    """An alarm that would be new."""

    part: LogPart
    device: int
    opened: int
    """Offset of the reading that would open it."""
    at: datetime


class Alarms(Struct, frozen=True):
    """Incidents that were opened then, and those that would be now."""

    then: int
    now: int
    gained: tuple[Found, ...]
    """Where no incident was."""
    lost: tuple[Told, ...]


class Judged(Struct, frozen=True):
    """Troubles of one verdict."""

    troubles: int
    silent: tuple[Told, ...]
    """Those that would not be raised."""

    @property
    def rate(self) -> float | None:
        """Of the silent ones; None where there is no such trouble."""
        return len(self.silent) / self.troubles if self.troubles else None


class Changes(Struct, frozen=True):
    """All that would be different."""

    alarms: Alarms
    confirmed: Judged
    """Faults that people confirmed or reported; the silent ones would be missed."""
    refuted: Judged
    """False alarms; the silent ones would vanish."""
    gone: int
    """Troubles of that time whose readings are not stored any more: nobody can say."""


def changes(
    told: Sequence[Told],
    raised: Mapping[LogPart, Sequence[Raised]],
    reach: Mapping[LogPart, range],
    within: Callable[[datetime], bool],
) -> Changes:
    """`reach`: the offsets of each partition that were looked at; `within`: whether a moment is meant.

    Two incidents are one trouble where they are of one device and overlap.
    """
    meant = [one for one in told if within(one.at) and not _is_newer(one, reach)]
    known = [one for one in meant if one.first in reach.get(one.part, ())]
    rings = _overlaps((part, one.device, one.first.offset, one.last.offset) for part in raised for one in raised[part])
    was_told = _overlaps((one.part, one.device, one.first, one.last) for one in told if one.incident is not None)
    now = [(part, one) for part, found in raised.items() for one in found if within(from_micros(one.opened.time))]
    silent = [one for one in known if not rings(one.part, one.device, one.first, one.last)]
    then = [one for one in known if one.incident is not None]
    gained = [
        Found(part, one.device, one.opened.offset, from_micros(one.opened.time))
        for part, one in now
        if not was_told(part, one.device, one.first.offset, one.last.offset)
    ]
    lost = tuple(one for one in silent if one.incident is not None)
    return Changes(
        Alarms(len(then), len(now), tuple(gained), lost),
        _of(Verdict.FAULT, known, silent),
        _of(Verdict.FALSE_ALARM, known, silent),
        len(meant) - len(known),
    )


def _is_newer(one: Told, reach: Mapping[LogPart, range]) -> bool:
    """Whether it came while we read."""
    return one.part in reach and one.first >= reach[one.part].stop


def _of(verdict: Verdict, known: Sequence[Told], silent: Sequence[Told]) -> Judged:
    return Judged(sum(one.verdict is verdict for one in known), tuple(one for one in silent if one.verdict is verdict))


_Span = tuple[LogPart, int, int, int]
"""Partition, device, first and last offset."""


def _overlaps(spans: Iterable[_Span]) -> Callable[[LogPart, int, int, int], bool]:
    """Whether any of these spans meets another one, of the same device in the same partition."""
    by_device = {
        key: [(first, last) for _, _, first, last in group]
        for key, group in groupby(sorted(spans), key=lambda span: span[:2])
    }

    def meets(part: LogPart, device: int, first: int, last: int) -> bool:
        return any(begin <= last and end >= first for begin, end in by_device.get((part, device), ()))

    return meets
