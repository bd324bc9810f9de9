"""Small lines without axes, drawn here as SVG paths: no script, no style in the page."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from core.numbers import clock, number, percent
from core.shown import ShownAlert, ShownSensor
from core.shown_devices import Course

WIDTH, HEIGHT = 100, 30
_MARGIN = 2
_CHARTS = 2
"""An alert has at most so many: more do not fit beside each other on a phone."""


class Spark(NamedTuple):
    """A line, and the words that say it to those who do not see it."""

    path: str
    title: str = ""
    usual: str = ""
    """The path of the usual range."""
    words: str = ""


def score_spark(scores: Sequence[float | None]) -> str:
    """The path of probabilities, from 0 to 1; empty where there is none."""
    return _path(scores, 0, 1)


def alert_sparks(alert: ShownAlert, course: Course, zone: str) -> Sequence[Spark]:
    """The sensors that stand out, each in its usual range; the probability, where none does. None without readings."""
    if not course.times:
        return ()
    until = f"last {len(course.times)} readings, up to {clock(course.times[-1], zone, 'second')}"
    read = {name: values for name, values in course.sensors if any(value is not None for value in values)}
    shown = [_sensor(one, read[one.sensor], until) for one in alert.standing_out[:_CHARTS] if one.sensor in read]
    return shown or [_probability(course.scores, until)]


def _sensor(sensor: ShownSensor, values: Sequence[float | None], until: str) -> Spark:
    known = [value for value in values if value is not None]
    low, high = min(*known, sensor.low), max(*known, sensor.high)
    unit = f" {sensor.unit}" if sensor.unit else ""
    words = f"{sensor.sensor}, {until}: {number(min(known))} to {number(max(known))}{unit}"
    top, bottom = (_height(value, low, high) for value in (sensor.high, sensor.low))
    return Spark(_path(values, low, high), sensor.sensor, f"M0 {top}H{WIDTH}V{bottom}H0Z", words)


def _probability(scores: Sequence[float | None], until: str) -> Spark:
    highest = max((score for score in scores if score is not None), default=None)
    told = "not scored" if highest is None else f"at most {percent(highest)}"
    return Spark(score_spark(scores), "Probability of a fault", "", f"Probability of a fault, {until}: {told}")


def _path(values: Sequence[float | None], low: float, high: float) -> str:
    """Through the values from left to right, with a gap where there is none; the last one is at the right."""
    step = WIDTH / max(len(values) - 1, 1)
    begun = [None, *values]
    return "".join(
        f"{'M' if before is None else 'L'}{place * step:.1f} {_height(value, low, high)}"
        + ("h0" if before is None else "")  # a value alone is a dot
        for place, (before, value) in enumerate(pairwise(begun))
        if value is not None
    )


def _height(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low) if high > low else 0.5
    return f"{_MARGIN + (HEIGHT - 2 * _MARGIN) * (1 - share):.1f}"
