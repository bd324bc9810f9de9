"""Small lines, as paths."""

import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.sparks import HEIGHT, WIDTH, alert_sparks, score_spark
from core.shown import ShownAlert, ShownSensor
from core.shown_devices import Course
from tests.builders import NOON

HOT = ShownSensor("temperature", 95.0, 50.0, 80.0, "°C")


def alert(*standing_out: ShownSensor) -> ShownAlert:
    return ShownAlert(1, "press", "press-1", "fault", NOON, None, 0.9, 3, standing_out, 1, None)


def course(*temperatures: float | None) -> Course:
    times = [NOON + timedelta(seconds=second) for second in range(len(temperatures))]
    return Course(times, [0.25] * len(times), [("temperature", temperatures)])


def test_a_sensor_that_stands_out_is_drawn_over_its_usual_range_and_told_in_words() -> None:
    (spark,) = alert_sparks(alert(HOT), course(80, 110, 95), "UTC")
    assert spark.path == "M0.0 15.0h0L50.0 2.0L100.0 8.5"
    assert spark.usual == "M0 15.0H100V28.0H0Z"
    assert spark.words == "temperature, last 3 readings, up to 12:00:02 UTC, 1 Mar: 80 to 110 °C"


def test_where_no_sensor_stands_out_or_none_was_read_the_probability_is_drawn() -> None:
    for sensors, readings in (((), course(70)), ((HOT,), course(None))):
        (spark,) = alert_sparks(alert(*sensors), readings, "UTC")
        assert spark.title == "Probability of a fault"
        assert spark.words.endswith(": at most 25 %")


def test_a_sensor_that_reads_zero_is_drawn() -> None:
    (spark,) = alert_sparks(alert(HOT), course(0.0, None), "UTC")
    assert (spark.title, spark.path) == ("temperature", "M0.0 28.0h0")


def test_at_most_two_are_drawn_and_none_without_readings() -> None:
    assert len(alert_sparks(alert(HOT, HOT, HOT), course(70), "UTC")) == 2
    assert alert_sparks(alert(HOT), Course((), (), ()), "UTC") == ()


@given(st.lists(st.none() | st.floats(0, 1), max_size=50))
def test_whatever_the_scores_are_the_line_stays_within_its_frame(scores: list[float | None]) -> None:
    path = score_spark(scores)
    points = [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]
    assert len(points) == sum(score is not None for score in scores)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
