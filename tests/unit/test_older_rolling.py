"""The older paths of machines with rolling sensors: they carry one reading, and nobody knows whose it is."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.machine import Machine
from core.sensor import Rolling, Sensor
from core.shown_devices import Course, ShownDevice
from tests.api_rig import MACHINES, ApiRig
from tests.builders import NOON

FILM: dict[str, Any] = {"Grados_C": 25.6, "Porc_Humedad": 23, "Estructura": "BOPP"}
FILM |= {f"Calibre{number}": 16.4 for number in range(1, 6)}
TURBINE = {"temperature": 70.1, "vibration": 1.6, "humidity": 50.2}
SPINDLE = {"vibration_x": 52.0, "vibration_y": 86.0, "vibration_z": 10.5}
PATHS = [
    ("equipment", "/api/predict", TURBINE, TURBINE | {"mean_of_3": 70.0}, 400),
    ("permeability", "/inference", {"data_test": FILM}, {"data_test": FILM | {"mean_of_3": 25.0}}, 422),
    ("vibration", "/predict", SPINDLE, SPINDLE | {"mean_of_3": 50.0}, 422),
    ("vibration", "/predict_batch", [SPINDLE], [SPINDLE | {"mean_of_3": 50.0}], 422),
]


def rolling(machine: Machine) -> Machine:
    """With the mean of its first sensor's last three readings."""
    first = machine.sensors[0]
    mean = Sensor("mean_of_3", first.usual, rolling=Rolling(first.name, "mean", 3))
    return replace(machine, sensors=(*machine.sensors, mean))


@pytest.mark.parametrize(("name", "path", "alone", "stored", "status"), PATHS)
def test_a_reading_without_those_before_it_is_refused_and_told_where_they_belong(
    name: str, path: str, alone: object, stored: object, status: int
) -> None:
    rig = ApiRig(machines=MACHINES | {name: rolling(MACHINES[name])})
    answer = rig.program.post(path, json=alone)
    assert answer.status_code == status
    assert (
        f"{name} computes mean_of_3 from the device's last readings, and this path carries none: send them as"
        f" `earlier` to POST /api/v1/machines/{name}/predict"
    ) in answer.text

    rig.serving.clear()
    assert rig.program.post(path, json=stored).status_code == 503, "one that names them lacks but a model"


def test_a_device_shows_its_readings_as_it_sent_them_without_what_was_computed() -> None:
    rig = ApiRig(machines=MACHINES | {"pc1": rolling(MACHINES["pc1"])})
    columns = [(sensor.name, [sum(sensor.usual) / 2]) for sensor in rolling(MACHINES["pc1"]).sensors]
    rig.devices.shown.append(ShownDevice("pc1", "pc1", NOON, 0.2, in_trouble=False))
    rig.devices.courses["pc1", "pc1"] = Course([NOON], [0.1], columns)
    (reading,) = rig.program.get("/devices/pc1").json()
    assert "mean_of_3" not in reading
    assert reading["LoadCPUTotal"] is not None
