"""A device's course as the numbers that its charts draw."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from core.machine import Machine
from core.shown_devices import Course, Trouble


class Line(Struct, frozen=True):
    """One chart: a line over the common times."""

    title: str
    unit: str
    usual: tuple[float, float] | None
    """The range that healthy machines stay in."""
    values: Sequence[float | None]


class Charts(Struct, frozen=True):
    """All of a device's charts."""

    times: Sequence[float]
    """Seconds since 1970 UTC."""
    troubles: Sequence[tuple[float, float | None]]
    """Incidents, from and to; the end of one that is open is not known."""
    lines: Sequence[Line]


def charts(course: Course, troubles: Sequence[Trouble], machine: Machine | None) -> Charts:
    """The score first, then the sensors in the machine's order, each with what its file says of it."""
    described = {sensor.name: sensor for sensor in machine.sensors} if machine else {}
    lines = [Line("Probability of a fault", "%", None, [_percent(score) for score in course.scores])]
    for name, values in course.sensors:
        sensor = described.get(name)
        title, unit, usual = (sensor.title or name, sensor.unit, sensor.usual) if sensor else (name, "", None)
        lines.append(Line(title, unit, usual, values))
    spans = [(one.since.timestamp(), _seconds(one.until)) for one in troubles]
    return Charts([time.timestamp() for time in course.times], spans, lines)


def _percent(score: float | None) -> float | None:
    return None if score is None else score * 100


def _seconds(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
