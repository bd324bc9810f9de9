"""The last readings of a device, as a picture for a phone: a panel a sensor, its usual range and the fault's span."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from alerts.drawable import drawable
from core.batch import Bools, Floats, Integers, to_micros
from core.numbers import clock, number, zone_of
from core.prediction import UsualRange

MOST_PANELS = 4
"""More would be too small to read."""
_WIDTH = 4.0
"""Inches: with letters of 9 to 12 points, what fills a phone's width is read at arm's length."""
_DPI = 270
_DAY = 86_400_000_000
"""Microseconds of matplotlib's own unit of time: days since 1970."""
_LINE, _SPAN, _BAND = "#1f4e79", "#d1495b", "#9db4ab"


class Course(NamedTuple):
    """One sensor over the readings."""

    sensor: str
    unit: str
    values: Floats
    """Shape (n,); NaN for absent."""
    usual: UsualRange | None


class Span(NamedTuple):
    """When a fault was seen, by event time."""

    since: datetime
    until: datetime | None
    """None: it goes on."""


def chart(device: str, times: Integers, courses: Sequence[Course], fault: Span, zone: str) -> bytes:
    """A PNG, 1080 points wide, of the first MOST_PANELS courses.

    `times`: of the readings, shape (n,), µs since 1970 UTC, rising. There is at least one reading and one course.
    """
    buffer = io.BytesIO()
    draw(device, times, courses, fault, zone).savefig(buffer, format="png")
    return buffer.getvalue()


def draw(device: str, times: Integers, courses: Sequence[Course], fault: Span, zone: str) -> Figure:
    """The same, not yet rendered."""
    shown = courses[:MOST_PANELS]
    figure = Figure(figsize=(_WIDTH, 1.1 + 1.25 * len(shown)), dpi=_DPI, layout="constrained")
    figure.suptitle(drawable(device, 28), fontsize=12, fontweight="bold", parse_math=False)
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    days = times / _DAY
    for axes, course in zip(panels, shown, strict=True):
        _panel(axes, days, course, fault)
    _time_axis(panels[-1], fault, zone)
    figure.legend(
        handles=[
            Patch(color=_BAND, alpha=0.35, label="usual range"),
            Patch(color=_SPAN, alpha=0.25, label="fault"),
        ],
        loc="outside lower center",
        ncols=2,
        fontsize=9,
        frameon=False,
    )
    return figure


def _panel(axes: Axes, days: Floats, course: Course, fault: Span) -> None:
    present = course.values[~np.isnan(course.values)]
    unit = f" {course.unit}" if course.unit else ""
    axes.set_title(drawable(course.sensor, 24), loc="left", fontsize=11, parse_math=False)
    newest = f"{number(present[-1])}{unit}" if len(present) else "absent"
    axes.set_title(drawable(newest, 18), loc="right", fontsize=11, fontweight="bold", parse_math=False)
    if course.usual is not None:
        axes.axhspan(course.usual.low, course.usual.high, color=_BAND, alpha=0.35, linewidth=0)
    since, until = _day(fault.since), float(days[-1]) if fault.until is None else _day(fault.until)
    axes.axvspan(since, until, color=_SPAN, alpha=0.25, linewidth=0)
    axes.axvline(since, color=_SPAN, linewidth=1)
    axes.plot(days, course.values, color=_LINE, linewidth=1.3)
    alone = _alone(course.values)
    axes.plot(days[alone], course.values[alone], ".", color=_LINE, markersize=4)
    axes.tick_params(labelsize=9)
    axes.locator_params(axis="y", nbins=3)
    axes.spines[["top", "right"]].set_visible(False)
    edge = max(days[-1] - days[0], 1 / 1440) / 50
    axes.set_xlim(days[0] - edge, days[-1] + edge)  # an older fault does not stretch it


def _alone(values: Floats) -> Bools:
    """Readings between absent ones, shape (n,): no line leads to them."""
    absent = np.concatenate([[True], np.isnan(values), [True]])
    return np.asarray(absent[:-2] & ~absent[1:-1] & absent[2:], dtype=np.bool_)


def _time_axis(axes: Axes, fault: Span, zone: str) -> None:
    reader = zone_of(zone)
    locator = AutoDateLocator(tz=reader, minticks=2, maxticks=5)  # type: ignore[no-untyped-call]  # it has no types
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=reader, show_offset=False)  # type: ignore[no-untyped-call]  # nor it
    axes.xaxis.set_major_formatter(formatter)
    axes.set_xlabel(f"fault since {clock(fault.since, zone)}", fontsize=10)


def _day(time: datetime) -> float:
    return to_micros(time) / _DAY
