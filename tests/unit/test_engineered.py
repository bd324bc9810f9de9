"""Engineered sensors on their way through the models; how expressions are read is in test_expression.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engineered_course import with_engineered_courses
from app.trace_report import pushed
from core.batch import MOST
from core.engineered import with_engineered
from core.explanation import ScoredReading, explanation
from core.history import History
from core.prediction import ModelVersion
from core.sensor import EngineeredSensor
from core.shown_devices import Course
from model.explain import Explainer
from model.fit import Candidate, train
from model.recipe import Recipe
from tests.builders import NOON, a_machine

NAN = float("nan")
HEAT = EngineeredSensor("heat", "temperature * pressure / 1000", "kW")
PRESS = a_machine(engineered=(HEAT, EngineeredSensor("ratio", "temperature / pressure")))


def heated() -> Candidate:
    """A press whose fault is the product of its sensors, and neither of them."""
    random = np.random.default_rng(3)
    sensors = np.column_stack([random.uniform(50, 80, 800), random.uniform(2, 6, 800)])
    fault = sensors[:, 0] * sensors[:, 1] > 380
    history = History(sensors, fault, ["press-1"] * 800, np.arange(800, dtype=np.int64))
    return train(PRESS, history, Recipe("lr"), [], lambda _: None)


def test_they_stand_behind_the_sensors_and_are_absent_where_one_of_theirs_is() -> None:
    rows = with_engineered(PRESS, np.array([[80.0, 4.0], [80.0, NAN]]))
    np.testing.assert_array_equal(rows, [[80, 4, 0.32, 20], [80, NAN, NAN, NAN]])
    assert [sensor.name for sensor in PRESS.inputs] == ["temperature", "pressure", "heat", "ratio"]


def test_a_division_by_nothing_is_the_largest_number_and_nothing_by_nothing_is_absent() -> None:
    rows = with_engineered(PRESS, np.array([[80.0, 0.0], [-80.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_array_equal(rows[:, 3], [MOST, -MOST, NAN])


@given(readings=st.lists(st.tuples(st.floats(-MOST, MOST), st.floats(-MOST, MOST) | st.just(NAN)), min_size=1))
def test_a_reading_is_given_the_same_bits_alone_and_among_others(readings: list[tuple[float, float]]) -> None:
    rows = np.array(readings)
    alone = np.vstack([with_engineered(PRESS, rows[place : place + 1]) for place in range(len(rows))])
    assert alone.tobytes() == with_engineered(PRESS, rows).tobytes()


def test_a_model_learns_from_them_what_its_sensors_alone_do_not_show_it() -> None:
    celsius = np.random.default_rng(3).uniform(45, 85, (600, 2))
    history = History(celsius, np.abs(celsius[:, 0] - 65) > 18, ["press-1"] * 600, np.arange(600, dtype=np.int64))
    off = a_machine(engineered=(EngineeredSensor("off", "abs(temperature - 65)"),))
    areas = [train(machine, history, Recipe("lr"), [], lambda _: None).metrics.pr_auc for machine in (a_machine(), off)]
    plain, with_it = areas
    assert plain is not None
    assert plain < 0.5
    assert with_it is not None
    assert with_it > 0.95


def test_they_explain_with_value_unit_and_usual_range() -> None:
    candidate = heated()
    reading = ScoredReading(ModelVersion("press", 1), "press-1", NOON, (79, 5.9), 0.9, None)
    found = explanation(
        PRESS, candidate.usual, reading, Explainer(candidate.pipeline).contributions(np.array([(79, 5.9)]))
    )
    heat = next(sensor for sensor in found.sensors if sensor.sensor == "heat")
    assert found.sensors[0] is heat
    assert heat.value == pytest.approx(0.4661)
    assert heat.unit == "kW"
    assert heat.usual is not None
    assert heat.usual.high < 0.38
    assert "heat" in pushed(found)


def test_a_chart_draws_them_from_the_stored_readings() -> None:
    stored = Course([NOON, NOON], [0.1, None], [("temperature", [80.0, 70.0]), ("pressure", [4.0, None])])
    course = with_engineered_courses({"press": PRESS}, lambda machine, device, count: stored)("press", "press-1", 2)
    assert course.sensors[:2] == stored.sensors
    assert course.sensors[2:] == [("heat", [0.32, None]), ("ratio", [20.0, None])]
