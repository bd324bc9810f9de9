"""The paths that the older streaming monitoring system had for its PCs and Raspberry Pi."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.shown_devices import Course, ShownDevice, Trouble
from tests.api_rig import MACHINES, ApiRig, a_model

NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


def course(machine: str, **sensors: float | None) -> Course:
    """Two readings five seconds apart: the middle of each usual range, but for these in the second; bits are 0."""
    columns = []
    for sensor in MACHINES[machine].sensors:
        middle = 0.0 if sensor.bit is not None else sum(sensor.usual) / 2
        columns.append((sensor.name, [middle, sensors.get(sensor.name, middle)]))
    return Course([NOON, NOON + timedelta(seconds=5)], [0.1, 0.2], columns)


def rig_with(machine: str, device: str, read: Course, *, compat_without_key: bool = False) -> ApiRig:
    rig = ApiRig(compat_without_key=compat_without_key)
    rig.devices.shown.append(ShownDevice(machine, device, NOON, 0.2, in_trouble=False))
    rig.devices.courses[machine, device] = read
    return rig


def test_devices_are_listed_with_their_latest_reading_as_its_message_had_it() -> None:
    program = rig_with("pc1", "pc1", course("pc1", load_gpu_core=None)).program
    assert program.get("/devices/").json() == [
        {
            "device": "pc1",
            "loading_datetime": "2026-03-01@12:00:10",
            "ClockCPUCoreOne": 1850.0,
            "PowerCPUPackage": 8.5,
            "LoadCPUTotal": 14.5,
            "TemperatureCPUPackage": 61.0,
            "TemperatureGPUCore": 25.0,
            "LoadGPUCore": None,
        }
    ]


def test_a_devices_readings_are_told_newest_first_with_flags_as_their_text() -> None:
    read = course("raspberry", soft_temperature_limit=1.0, throttled_before=1.0)
    newest, oldest = rig_with("raspberry", "raspberry", read).program.get("/devices/raspberry").json()
    assert (newest["loading_datetime"], newest["throttled"]) == ("2026-03-01@12:00:10", "0x40008")
    assert (oldest["loading_datetime"], oldest["throttled"]) == ("2026-03-01@12:00:05", "0x0")
    assert newest["frequency_arm_hz"] == 1.8e9


@pytest.mark.parametrize(
    ("clock", "until", "says"),
    [
        (1850.0, NOON, "The device is OK"),
        (1850.0, None, "The device is stressed"),
        (6000.0, NOON, "The device is stressed"),
    ],
)
def test_stressed_is_who_has_an_open_incident_or_reads_like_a_fault(
    clock: float, until: datetime | None, says: str
) -> None:
    rig = rig_with("pc1", "pc1", course("pc1", clock_cpu_core_one=clock))
    row = [[values[-1] for _, values in rig.devices.courses["pc1", "pc1"].sensors]]
    assert a_model("pc1").predict(np.array(row, dtype=np.float64)).faults.tolist() == [clock > 3300]
    rig.devices.incidents["pc1", "pc1"] = [Trouble(1, NOON, until)]
    answer = rig.program.get("/devices/pc1/status")
    assert (answer.status_code, answer.json()) == (200, {"msg": says})


@pytest.mark.parametrize("path", ["/devices/pc7", "/devices/pc2", "/devices/pc7/status"])
def test_a_device_that_is_unknown_or_was_never_read_is_not_there(path: str) -> None:
    answer = rig_with("pc1", "pc1", course("pc1")).program.get(path)
    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


def test_a_key_shows_what_its_operator_follows_and_without_one_all_is_shown_where_that_is_allowed() -> None:
    rig = rig_with("pc1", "pc1", course("pc1"))
    rig.devices.foreign.add("pc1")
    assert rig.program.get("/devices/").json() == []
    assert rig.program.get("/devices/pc1").status_code == 404
    assert rig.without_key().get("/devices/").status_code == 401
    open_to_all = rig_with("pc1", "pc1", course("pc1"), compat_without_key=True)
    open_to_all.devices.foreign.add("pc1")
    assert len(open_to_all.without_key().get("/devices/").json()) == 1
    assert open_to_all.without_key().get("/devices/pc1/status").json() == {"msg": "The device is OK"}
