"""How good the alarms are for the people who get them, in the figures that control rooms know.

Source of the rates and the flood: EEMUA 191 and ISA-18.2 (IEC 62682), which ask for less than one alarm in ten minutes
for each operator, and less than one hundredth of the time in a flood.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
from msgspec import Struct

from core.batch import Integers
from core.label import Verdict

PERIOD = timedelta(minutes=10)
_FLOOD_BEGINS_ABOVE, _FLOOD_ENDS_BELOW = 10, 5
_CHATTERS = 3
"""Alarms of one device within ten minutes. The standards say within one: but here an incident closes only after several
good readings."""
_STALE = timedelta(hours=24)
_WORST = 10


class Alarm(Struct, frozen=True, kw_only=True):
    """An alert, and what became of it."""

    machine: str
    device: str
    at: datetime
    """When it was raised."""
    until: datetime | None
    """When its incident was closed; None: it is open."""
    answered_at: datetime | None
    verdict: Verdict | None
    """The answer that counts."""
    sensors: tuple[str, ...]
    """That stood out."""
    model_version: int
    operators: tuple[str, ...]
    """Who follows the machine."""


class Load(Struct, frozen=True):
    """What the alarms are to one operator."""

    operator: str
    alarms: int
    per_10_minutes: float
    most_in_10_minutes: int
    in_flood: float
    """The share of the time."""


class Devices(Struct, frozen=True):
    """A device by its alarms."""

    machine: str
    device: str
    alarms: int


class Verdicts(Struct, frozen=True):
    """Alarms that were called a real fault or a false alarm."""

    name: str
    judged: int
    false_alarms: int
    share: float
    """Of false alarms."""


class AlarmQuality(Struct, frozen=True, kw_only=True):
    """The figures of a time."""

    start: datetime
    end: datetime
    alarms: int
    unanswered: int
    seconds_to_answer_median: float | None
    seconds_to_answer_p90: float | None
    operators: Sequence[Load]
    worst: Sequence[Devices]
    """The ten devices with the most alarms."""
    chattering: Sequence[Devices]
    """With the most alarms that they raised within ten minutes."""
    stale: Sequence[Devices]
    """Devices whose incident has been open for more than a day."""
    by_machine: Sequence[Verdicts]
    by_sensor: Sequence[Verdicts]
    by_model_version: Sequence[Verdicts]


class AlarmHistory(Protocol):
    """The alarms of some days. Both methods raise Unavailable."""

    def now(self) -> datetime:
        """By the clock that stamped the alarms."""

    def raised(
        self, start: datetime, end: datetime, machine: str | None = None, operator: int | None = None
    ) -> Sequence[Alarm]:
        """Those raised from `start` to before `end`, and older ones whose incident is open.

        Of one machine, or of those that an operator follows, where one is named.
        """


def alarm_quality(alarms: Sequence[Alarm], start: datetime, end: datetime) -> AlarmQuality:
    """The figures of the alarms raised from `start` (included) to `end`; older ones count where they are stale."""
    stale = Counter((one.machine, one.device) for one in alarms if (one.until or end) - one.at > _STALE)
    alarms = [one for one in alarms if one.at >= start]
    waits = [(one.answered_at - one.at).total_seconds() for one in alarms if one.answered_at is not None]
    return AlarmQuality(
        start=start,
        end=end,
        alarms=len(alarms),
        unanswered=sum(one.verdict is None for one in alarms),
        seconds_to_answer_median=float(np.quantile(waits, 0.5)) if waits else None,
        seconds_to_answer_p90=float(np.quantile(waits, 0.9)) if waits else None,
        operators=_loads(alarms, start, end),
        worst=_ranked(Counter((one.machine, one.device) for one in alarms))[:_WORST],
        chattering=_ranked(Counter({device: most for device, most in _bursts(alarms).items() if most >= _CHATTERS})),
        stale=_ranked(stale),
        by_machine=_verdicts(alarms, lambda one: [one.machine]),
        by_sensor=_verdicts(alarms, lambda one: one.sensors),
        by_model_version=_verdicts(alarms, lambda one: [f"{one.machine} v{one.model_version}"]),
    )


def in_flood(counts: Integers) -> Integers:
    """Which periods of ten minutes belong to a flood, as 0 and 1, shape (n,), given the alarms of each.

    It begins with a period of more than ten alarms and ends with one of fewer than five.
    """
    found, flooded = np.zeros_like(counts), False
    for period, count in enumerate(counts.tolist()):
        flooded = count > _FLOOD_BEGINS_ABOVE or (flooded and count >= _FLOOD_ENDS_BELOW)
        found[period] = flooded
    return found


def _loads(alarms: Sequence[Alarm], start: datetime, end: datetime) -> list[Load]:
    periods = max(1, -(-(end - start) // PERIOD))
    counts: dict[str, Integers] = defaultdict(lambda: np.zeros(periods, dtype=np.int64))
    for one in alarms:
        for operator in one.operators:
            counts[operator][(one.at - start) // PERIOD] += 1
    return [
        Load(name, int(count.sum()), float(count.mean()), int(count.max()), float(in_flood(count).mean()))
        for name, count in sorted(counts.items())
    ]


def _bursts(alarms: Iterable[Alarm]) -> Mapping[tuple[str, str], int]:
    """The most alarms that each device raised within ten minutes."""
    times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in alarms:
        times[one.machine, one.device].append(one.at)
    return {device: _most_within(sorted(found)) for device, found in times.items()}


def _most_within(times: Sequence[datetime]) -> int:
    most, first = 0, 0
    for last, time in enumerate(times):
        while time - times[first] >= PERIOD:
            first += 1
        most = max(most, last - first + 1)
    return most


def _ranked(counts: Counter[tuple[str, str]]) -> list[Devices]:
    """The most first; of equals by name."""
    return [
        Devices(*device, count) for device, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    ]


def _verdicts(alarms: Iterable[Alarm], names: Callable[[Alarm], Iterable[str]]) -> list[Verdicts]:
    judged, false = Counter[str](), Counter[str]()
    for one in alarms:
        if one.verdict in (Verdict.FAULT, Verdict.FALSE_ALARM):
            judged.update(names(one))
            false.update(names(one) if one.verdict is Verdict.FALSE_ALARM else ())
    found = [Verdicts(name, count, false[name], false[name] / count) for name, count in judged.items()]
    return sorted(found, key=lambda one: (-one.false_alarms, one.name))
