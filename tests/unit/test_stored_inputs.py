"""Stored readings with what is computed from them."""

import numpy as np

from core.sensor import EngineeredSensor
from core.stored_inputs import StoredInputs
from tests.builders import a_machine

NAN = float("nan")
PRESS = a_machine(engineered=(EngineeredSensor("heat", "temperature * pressure"),))


def test_engineered_sensors_stand_behind_the_stored_ones_and_are_absent_where_one_of_theirs_is() -> None:
    inputs = StoredInputs.of(["temperature", "pressure"], PRESS)
    assert inputs.names == ("temperature", "pressure", "heat")
    np.testing.assert_array_equal(inputs.columns([[80.0, 4.0], [80.0, NAN]]), [[80, 4, 320], [80, NAN, NAN]])


def test_readings_of_before_a_sensor_came_lack_it_and_what_is_computed_from_it() -> None:
    inputs = StoredInputs.of(["temperature"], PRESS)
    np.testing.assert_array_equal(inputs.columns([[80.0]]), [[80, NAN, NAN]])


def test_a_process_with_an_older_file_or_with_none_still_shows_what_is_stored() -> None:
    newer = StoredInputs.of(["temperature", "pressure", "noise"], PRESS)
    np.testing.assert_array_equal(newer.columns([[80.0, 4.0, 1.0]]), [[80, 4, 1, 320]])
    without = StoredInputs.of(["temperature", "pressure"], None)
    np.testing.assert_array_equal(without.columns([[80.0, 4.0]]), [[80, 4]])
    assert without.columns([]).shape == (0, 2)
