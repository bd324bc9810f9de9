"""What an alert's picture shows: the sensors that pushed it, over the device's last readings."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from core.explanation import Explanation
from core.shown_devices import Course

MOST_SENSORS = 4
"""More would be too small to read."""
READINGS = 60


class Span(NamedTuple):
    """When the alert's fault was seen."""

    since: datetime
    until: datetime | None


def chart_facts(alert: int, found: Explanation, course: Course, span: Span) -> Mapping[str, object] | None:
    """As alerts.chart_message.ChartFacts lists them; None: no reading is there to be drawn."""
    values = dict(course.sensors)
    drawn = [sensor for sensor in found.sensors if sensor.sensor in values][:MOST_SENSORS]
    if not course.times or not drawn:
        return None
    return {
        "alert": alert,
        "device": found.reading.device,
        "since": span.since.isoformat(),
        "until": span.until and span.until.isoformat(),
        "times": [time.isoformat() for time in course.times],
        "sensors": [
            {
                "sensor": sensor.sensor,
                "unit": sensor.unit,
                "values": list(values[sensor.sensor]),
                "usual": msgspec.to_builtins(sensor.usual),
            }
            for sensor in drawn
        ],
    }
