"""The picture of an alert; whether people can read it only people can say."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from alerts.chart import MOST_PANELS, Course, Span, chart, draw
from alerts.drawable import drawable
from core.batch import Integers, from_micros, to_micros
from core.prediction import UsualRange
from tests.builders import NOON

NAN = float("nan")
SINCE = NOON + timedelta(minutes=40)
GOES_ON = Span(SINCE, None)
TIMES = np.array([to_micros(NOON + timedelta(minutes=count)) for count in range(60)])
WARM = Course("temperature", "°C", np.linspace(60, 95, 60), UsualRange(50, 65, 80))
CALM = Course("pressure", "", np.full(60, 4.0), None)


def drawn(*courses: Course, fault: Span = GOES_ON, times: Integers = TIMES) -> list[Axes]:
    return list(draw("press-3", times, courses, fault, "Europe/Berlin").axes)


def rectangles(axes: Axes) -> list[Rectangle]:
    return [patch for patch in axes.patches if isinstance(patch, Rectangle)]


def moment(day: float) -> datetime:
    return from_micros(round(day * 86_400_000_000))


def test_each_sensor_has_its_panel_with_name_newest_value_and_unit() -> None:
    warm, calm = drawn(WARM, CALM)
    assert (warm.get_title("left"), warm.get_title("right")) == ("temperature", "95 °C")
    assert (calm.get_title("left"), calm.get_title("right")) == ("pressure", "4")


def test_the_usual_range_and_the_faults_span_are_marked() -> None:
    band, span = rectangles(drawn(WARM)[0])
    assert (band.get_y(), band.get_height()) == (50, 30)
    begins, ends = moment(span.get_x()), moment(span.get_x() + span.get_width())
    assert abs(begins - SINCE) < timedelta(milliseconds=1)
    assert abs(ends - (NOON + timedelta(minutes=59))) < timedelta(milliseconds=1), "it goes on, to the newest reading"


def test_a_fault_that_is_over_ends_in_the_picture_and_an_older_one_does_not_stretch_it() -> None:
    until = NOON + timedelta(minutes=50)
    (axes,) = drawn(WARM, fault=Span(NOON - timedelta(days=9), until))
    span = rectangles(axes)[1]
    assert abs(moment(span.get_x() + span.get_width()) - until) < timedelta(milliseconds=1)
    left, right = axes.get_xlim()
    assert NOON - timedelta(minutes=5) < moment(left) < NOON
    assert moment(right) < NOON + timedelta(minutes=65)


def test_the_readers_clock_is_named_under_the_newest_panel() -> None:
    figure = draw("press-3", TIMES, [WARM, CALM], GOES_ON, "Europe/Berlin")
    figure.draw_without_rendering()
    newest = figure.axes[-1]
    assert newest.get_xlabel() == "fault since 13:40 CET, 1 Mar"
    assert "13:30" in [label.get_text() for label in newest.get_xticklabels()]


def test_what_is_absent_leaves_a_hole_and_what_stands_alone_a_dot() -> None:
    values = np.array([NAN, 70.0, NAN, 71.0, 72.0, NAN])
    (axes,) = drawn(WARM._replace(values=values), times=TIMES[:6])
    line, dots = axes.get_lines()[1:]
    assert np.isnan(np.asarray(line.get_ydata(), dtype=float)).tolist() == np.isnan(values).tolist()
    assert np.asarray(dots.get_ydata()).tolist() == [70.0]


def test_a_sensor_that_never_read_is_said_to_be_absent() -> None:
    (axes,) = drawn(WARM._replace(values=np.full(60, NAN)))
    assert axes.get_title("right") == "absent"


def test_no_more_panels_than_a_phone_can_show() -> None:
    assert len(drawn(*[WARM] * 9)) == MOST_PANELS


def test_it_is_a_png_as_wide_as_a_phone() -> None:
    png = chart("press-3", TIMES, [WARM, CALM], GOES_ON, "Europe/Berlin")
    assert png.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(png[16:20], "big") == 1080


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("press-3", "press-3"),
        ("$x_1$ & <b>", "$x_1$ & <b>"),
        ("a\nb\u202e\u200b\0", "a?b???"),
        ("工場 🔥", "?? ?"),
        ("x" * 100, "x" * 27 + "…"),
    ],
)
def test_a_name_is_drawn_as_text_whatever_it_holds(name: str, shown: str) -> None:
    assert drawable(name, 28) == shown


def test_a_name_that_looks_like_a_formula_is_none() -> None:
    bad = "$\\frac{$"
    assert chart(bad, TIMES, [WARM._replace(sensor=bad, unit=bad)], GOES_ON, "Europe/Berlin")


@pytest.mark.parametrize("hours", [0.01, 0.5, 2, 5, 30, 52, 100, 1000, 2000, 20_000])
def test_any_stretch_of_time_has_a_few_ticks(hours: float) -> None:
    times = TIMES[0] + (np.linspace(0, hours, 60) * 3_600_000_000).astype(np.int64)
    figure = draw("press-3", times, [WARM], GOES_ON, "Europe/Berlin")
    figure.draw_without_rendering()
    left, right = figure.axes[0].get_xlim()
    assert 2 <= sum(left <= tick <= right for tick in figure.axes[0].get_xticks()) <= 6
