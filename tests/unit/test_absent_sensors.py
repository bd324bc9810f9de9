"""Sensors that a challenger was trained without."""

import numpy as np

from core.absent_sensors import Absent, newly_absent

NAN = np.nan


def test_a_sensor_that_is_empty_in_the_challengers_rows_alone_is_absent() -> None:
    champion = np.array([[1.0, 2.0, NAN], [1.0, 2.0, NAN], [1.0, NAN, NAN], [1.0, 2.0, NAN]])
    challenger = np.array([[1.0, NAN, NAN], [1.0, NAN, NAN]])
    assert newly_absent(("heat", "vibration", "optional"), champion, challenger) == [Absent("vibration", 0.25, 1.0)]


def test_a_sensor_that_fails_now_and_then_is_not() -> None:
    often = np.array([[1.0], [NAN], [1.0], [NAN]])
    assert newly_absent(("heat",), np.ones((4, 1)), often) == []
