"""The sensors that pushed an alert's prediction, as people are told of them."""

from collections.abc import Sequence

from core.explanation import Explanation, SensorPush
from core.shown import ShownPush

MOST = 3
"""A phone shows no more at a glance."""
_LEAST = 0.05
"""Of the strongest push: a weaker one explains nothing to anybody."""


def shown_pushes(found: Explanation) -> Sequence[ShownPush]:
    """Those that really spoke for a fault, the strongest first, each with its share of all that did."""
    towards = [sensor for sensor in found.sensors if sensor.push > 0]
    total = sum(sensor.push for sensor in towards)
    return [_shown(one, one.push / total) for one in towards[:MOST] if one.push >= _LEAST * towards[0].push]


def _shown(sensor: SensorPush, share: float) -> ShownPush:
    low, high = (sensor.usual.low, sensor.usual.high) if sensor.usual else (None, None)
    return ShownPush(sensor.sensor, sensor.value, sensor.unit, low, high, share)
