import json

import numpy as np

from core.batch import to_micros
from producer.encode import Encoder
from producer.readings import Readings
from tests.builders import NOON, a_machine

ID = "019c9a1b-7c00-7abc-8def-0123456789ab"


def message(temperature: float, pressure: float) -> bytes:
    one = Readings(
        [ID], ["press-1"], np.array([to_micros(NOON)]), np.array([[temperature, pressure]]), None, np.zeros(1)
    )
    (value,) = Encoder(a_machine()).encode(one)
    return value


def test_a_message_is_a_json_object_with_id_device_time_and_sensors() -> None:
    assert json.loads(message(71.5, 3.25)) == {
        "id": ID,
        "device": "press-1",
        "time": "2026-03-01T12:00:00.000000Z",
        "sensors": {"temperature": 71.5, "pressure": 3.25},
    }


def test_an_absent_optional_sensor_is_left_out() -> None:
    assert json.loads(message(71.5, np.nan))["sensors"] == {"temperature": 71.5}


def test_a_silent_required_sensor_is_null() -> None:
    assert json.loads(message(np.nan, 3.25))["sensors"] == {"temperature": None, "pressure": 3.25}
