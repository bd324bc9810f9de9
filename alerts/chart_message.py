"""The picture of an alert as a message: drawn when it is sent, on the reader's clock."""

import threading
from datetime import datetime

import numpy as np
from msgspec import Struct

from alerts.markup import Markup
from core.batch import to_micros
from core.errors import Undeliverable
from core.ports.chat import Rendered
from core.prediction import UsualRange

_drawing = threading.Lock()
"""Fonts are shared between threads."""


class DrawnSensor(Struct, frozen=True):
    """One sensor over the readings."""

    sensor: str
    unit: str
    values: tuple[float | None, ...]
    usual: tuple[float, float, float] | None


class ChartFacts(Struct, frozen=True):
    """What the picture shows."""

    alert: int
    device: str
    since: datetime
    until: datetime | None
    times: tuple[datetime, ...]
    sensors: tuple[DrawnSensor, ...]


def chart_message(facts: ChartFacts, zone: str, markup: Markup, repeat: bool = False) -> Rendered:
    """The picture with a line below it. Raises Undeliverable where it cannot be drawn: it holds up no alert."""
    from alerts.chart import Course, Span, chart  # matplotlib: a second, for whoever draws

    courses = [
        Course(
            one.sensor,
            one.unit,
            np.array([np.nan if value is None else value for value in one.values]),
            UsualRange(*one.usual) if one.usual else None,
        )
        for one in facts.sensors
    ]
    times = np.array([to_micros(time) for time in facts.times], dtype=np.int64)
    try:
        with _drawing:
            photo = chart(facts.device, times, courses, Span(facts.since, facts.until), zone)
    except Exception as error:  # matplotlib may fail in any way
        raise Undeliverable(f"the picture cannot be drawn: {error}") from error
    told = f"{markup.name(facts.device)}: its last {len(times)} readings (alert #{facts.alert})"
    return Rendered(f"(possible repeat) {told}" if repeat else told, photo=photo)
