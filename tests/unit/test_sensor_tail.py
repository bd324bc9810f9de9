"""Readings in the tail of a sensor."""

import numpy as np

from core.sensor_tail import promise_of, tail_of

NORMAL = np.column_stack([np.linspace(50, 80, 201), np.linspace(2, 6, 201)])
EVEN = np.ones((2, 2))


def test_the_sensor_and_the_direction_that_lie_farthest_out_are_named() -> None:
    tail = tail_of(np.array([[65.0, 4.0], [90.0, 4.0], [65.0, 1.5], [52.0, 9.0]]), NORMAL, EVEN)
    assert tail.scores[0] == 0
    assert tail.sensors[1:].tolist() == [0, 1, 1]
    assert tail.above[1:].tolist() == [True, False, True]
    assert np.all((tail.scores[1:] > 1) & (tail.scores[1:] <= 2))


def test_absent_and_constant_sensors_and_nonsense_hide_no_other() -> None:
    constant = np.column_stack([NORMAL[:, 0], np.full(201, 3.0)])
    tail = tail_of(np.array([[np.nan, 3.0], [1e300, np.nan], [65.0, 3.1]]), constant, EVEN)
    assert tail.scores.tolist() == [0, 2, 2]


def test_a_sensor_that_no_normal_reading_had_is_no_reason_to_ask() -> None:
    new = np.column_stack([NORMAL[:, 0], np.full(201, np.nan)])
    assert tail_of(np.array([[65.0, 900.0], [90.0, 900.0]]), new, EVEN).scores[0] == 0


def test_what_found_faults_is_asked_more_and_what_found_none_less() -> None:
    faults, normals = np.array([[20.0, 0.0]]), np.array([[2.0, 40.0]])
    found, barren = np.mean([promise_of(faults, normals, seed) for seed in range(200)], axis=0)[0]
    assert found > 0.8
    assert barren < 0.05
    assert np.array_equal(promise_of(faults, normals, 7), promise_of(faults, normals, 7))
