"""When engineers hear that readings moved away from what the model learnt from: late enough to be sure, and once."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from core.drift import Drift, SensorDrift
from core.numbers import clock, number, percent
from core.prediction import ModelVersion

EVERY = timedelta(hours=1)
"""So often somebody looks, at readings of the last day or two: a season of the day is in all of them."""
LOOKS = 3
"""So many looks in a row past the limit are no accident."""
READINGS = 3_000
"""That a look takes, evenly from the whole time."""
ALARMS = ""
"""Stands where a sensor's name does: what the model makes of all of them."""


class Look(NamedTuple):
    """What one look found of one sensor."""

    at: datetime
    past: bool
    """The limit."""
    told: bool
    """Engineers have heard of it since it went past the limit."""


class Finding(NamedTuple):
    """What engineers are to hear of one sensor."""

    words: str
    since: datetime


def findings(drift: Drift) -> Sequence[tuple[str, str]]:
    """Of each sensor, and of the alarms: its name and what is past its limit in words; empty: nothing is."""
    return [*((one.sensor, _sensor_words(one)) for one in drift.sensors), (ALARMS, _alarm_words(drift))]


def worth_telling(looks: Sequence[Look]) -> datetime | None:
    """Since when, from the latest looks at one sensor, the newest first; None: not now."""
    run = list(takewhile(lambda look: look.past, looks[:LOOKS]))
    if len(run) < LOOKS or any(look.told for look in run):
        return None
    return run[-1].at


def told_words(version: ModelVersion, found: Sequence[Finding]) -> str:
    """One message about all of them, with what to do."""
    return "\n".join(_lines(version, found))


def _lines(version: ModelVersion, found: Sequence[Finding]) -> Iterator[str]:
    yield f"Readings of {version.machine} are not what {version} learnt from:"
    for one in found:
        yield f"{one.words}, since {clock(one.since, 'UTC')}"
    yield f"Check the sensor; where it is right, retrain with newer data. More: ./run evaluate {version.machine}"


def _sensor_words(one: SensorDrift) -> str:
    words = []
    if one.moved:
        words.append(_moved_words(one))
    if one.missing.rose:
        words.append(
            f"is missing in {percent(one.missing.now)} of the readings, before in {percent(one.missing.before)}"
        )
    if one.outside.rose:
        words.append(f"reads in {percent(one.outside.now)} of the readings what no such sensor can")
    return f"{one.sensor} {' and '.join(words)}" if words else ""


def _moved_words(one: SensorDrift) -> str:
    now, before = one.median or 0.0, one.median_before or 0.0
    change = (now - before) / abs(before) if before else 0.0
    if abs(change) < 0.05:
        return f"spreads otherwise around {number(now)} than it did"
    much = f"{abs(change):.0%}".replace("%", " %") if abs(change) < 10 else "many times"
    return f"reads {much} {'higher' if change > 0 else 'lower'} than it did ({number(now)}, before {number(before)})"


def _alarm_words(drift: Drift) -> str:
    if not drift.alarms.rose:
        return ""
    return f"{percent(drift.alarms.now)} of the readings alarm, of normal ones {percent(drift.alarms.before)} should"
