"""Messages in a machine's own shape: framed, flat, with names and times of its own, with flags."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from app.machines import load_machines
from app.wiring import ROOT
from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from core.batch import Batch, Floats, to_micros
from core.flags import flags_text, read_flags
from core.machine import Machine
from core.message_shape import MessageShape
from core.ports.stream import TopicPartition
from core.sensor import Sensor
from producer.encode import encoder_of
from producer.readings import Readings
from tests.builders import NOON, a_machine, a_reading, encoded, fetched

MACHINES = load_machines(ROOT / "machines")
PREFIX = b"\0\0\0\0\x2a"
PC = {
    "uuid": "0b7f3c1e-52a4-4a70-9a4e-6d1d0a4c8f11",
    "device": "pc1",
    "loading_datetime": "2026-03-01@12:00:05",
    "ClockCPUCoreOne": 3051.274315,
    "PowerCPUPackage": 6.118203751,
    "LoadCPUTotal": 4.6875,
    "TemperatureCPUPackage": 55,
}
RASPBERRY = {
    "uuid": "5d0cbb2f-2f0e-4a9c-8d0a-5a3a5d5b7f01",
    "device": "raspberry",
    "GPU_temp_celsius": 48.2,
    "CPU_temp_celsius": 48.199,
    "frequency_arm_hz": 1800457088,
    "frequency_core_hz": 500000992,
    "frequency_pwm_hz": 107143064,
    "voltage_core_v": 0.946,
    "voltage_sdram_c_v": 1.1,
    "voltage_sdram_i_v": 1.1,
    "voltage_sdram_p_v": 1.1,
    "memory_arm_bytes": 994050048,
    "memory_gpu_bytes": 79691776,
    "throttled": "0xf0008",
    "loading_datetime": "2026-03-01@12:00:05",
}


def framed(fields: dict[str, Any]) -> bytes:
    return PREFIX + json.dumps(fields).encode()


def decoded(machine: Machine, *values: bytes | None) -> Batch:
    """Under a key that says nothing."""
    at = TopicPartition(machine.topics[0], 0)
    messages = fetched(values, topic=at.topic, key=str(uuid.uuid4()).encode())
    return Decoder(machine).decode(messages, {at: 0}, {at: RecentIds()})


def reason(machine: Machine, value: bytes) -> str:
    batch = decoded(machine, value)
    (letter,) = batch.dead_letters
    assert letter.value == value, "it is kept whole, prefix and all"
    return f"{letter.stage}: {letter.reason}"


def test_a_pcs_message_becomes_a_reading_with_its_time_in_the_files_zone() -> None:
    batch = decoded(MACHINES["pc1"], framed(PC))
    assert batch.dead_letters == []
    assert batch.devices == ["pc1"]
    assert batch.ids[0].tobytes() == uuid.UUID(PC["uuid"]).bytes  # type: ignore[arg-type]  # a text
    assert batch.times.tolist() == [to_micros(datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC))]
    values = dict(zip(MACHINES["pc1"].sensor_names, batch.sensors[0].tolist(), strict=True))
    assert values.pop("temperature_gpu_core") != values.pop("load_gpu_core"), "both are NaN: they are optional"
    assert list(values.values()) == [3051.274315, 6.118203751, 4.6875, 55.0]
    assert batch.quality.tolist() == [0]
    assert list(batch.extras) == []


def test_a_graphics_card_that_is_there_is_read_and_null_is_absent() -> None:
    batch = decoded(MACHINES["pc1"], framed(PC | {"TemperatureGPUCore": 48, "LoadGPUCore": None}))
    row = dict(zip(MACHINES["pc1"].sensor_names, batch.sensors[0].tolist(), strict=True))
    assert row["temperature_gpu_core"] == 48
    assert row["load_gpu_core"] != row["load_gpu_core"]
    assert batch.quality.tolist() == [0]


def test_each_flag_of_a_raspberrys_throttling_is_a_sensor() -> None:
    batch = decoded(MACHINES["raspberry"], framed(RASPBERRY))
    row = dict(zip(MACHINES["raspberry"].sensor_names, batch.sensors[0].tolist(), strict=True))
    set_flags = {name for name in list(row)[11:] if row[name] == 1}
    assert set_flags == {
        "soft_temperature_limit",
        "under_voltage_before",
        "frequency_capped_before",
        "throttled_before",
        "soft_temperature_limit_before",
    }
    assert sum(row[name] for name in list(row)[11:]) == 5
    assert row["voltage_core"] == 0.946
    assert batch.quality.tolist() == [0]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "framing: 0 bytes are fewer than the 5 before the JSON"),
        (b"\0\0\0", "framing: 3 bytes are fewer than the 5 before the JSON"),
        (json.dumps(PC).encode(), "framing: the first byte is 123, not 0"),
        (PREFIX, "truncated"),
        (PREFIX + b"[]", "Expected `object`"),
        (framed({name: PC[name] for name in PC if name != "uuid"}), "missing required field `uuid`"),
        (framed({name: PC[name] for name in PC if name != "LoadCPUTotal"}), "missing required field `LoadCPUTotal`"),
        (framed(PC | {"LoadCPUTotal": None}), "`$.LoadCPUTotal`"),
        (framed(PC | {"LoadCPUTotal": "4"}), "`$.LoadCPUTotal`"),
        (framed(PC | {"loading_datetime": "2026-03-01T12:00:05"}), "written as %Y-%m-%d@%H:%M:%S - at `$.loading_"),
        (framed(PC | {"device": "pc7"}), "accept: device: is not among those that the machine lists"),
    ],
)
def test_what_is_not_framed_or_not_as_its_schema_says_is_a_dead_letter_that_says_why(value: bytes, why: str) -> None:
    assert why in reason(MACHINES["pc1"], value)


@pytest.mark.parametrize("flags", ["", "5", "0x", "0xg", "-0x1", "0x٣", "0x" + "f" * 17, " 0x0"])
def test_flags_that_are_none_are_a_dead_letter_that_names_the_field(flags: str) -> None:
    assert "is no flags such as 0x50005 - at `$.throttled`" in reason(
        MACHINES["raspberry"], framed(RASPBERRY | {"throttled": flags})
    )


def test_neighbours_of_a_dead_letter_and_duplicates_are_told_apart() -> None:
    batch = decoded(MACHINES["pc1"], framed(PC), b"\1", None, framed(PC))
    (run,) = batch.runs
    assert (len(batch), run.dead, run.duplicates) == (1, 2, 1)


def test_unknown_fields_are_kept_as_they_stand() -> None:
    batch = decoded(MACHINES["pc2"], framed(PC | {"device": "pc2", "LoadGPUCore": 1.5, "note": 'a"b'}))
    ((row, extra),) = batch.extras
    assert (row, json.loads(extra)) == (0, {"LoadGPUCore": 1.5, "note": 'a"b'})


def test_a_nested_message_can_have_names_of_its_own_and_texts() -> None:
    machine = a_machine(
        message=MessageShape(id="nr", device="unit", time="at"),
        sensors=(Sensor("temperature", (50, 80), field="Temp °C"), Sensor("pressure", (2, 6), optional=True)),
        texts=("shift",),
        key="any",
    )
    given = a_reading()
    message = {"nr": given["id"], "unit": "press-1", "at": given["time"], "shift": "night"}
    batch = decoded(machine, encoded(message | {"sensors": {"Temp °C": 71.5, "more": 1}}))
    assert batch.sensors[:, 0].tolist() == [71.5]
    ((_, extra),) = batch.extras
    assert json.loads(extra) == {"shift": "night", "sensors": {"more": 1}}
    nul = encoded(message | {"shift": "a\0b", "sensors": {}})
    assert "U+0000 - at `$.shift`" in reason(machine, nul)


def of(machine: Machine, sensors: Floats) -> Readings:
    count = len(sensors)
    ids = [str(uuid.UUID(int=number)) for number in range(count)]
    times = to_micros(NOON) + np.arange(count) * 1_000_000
    return Readings(ids, [machine.devices[0]] * count, times, sensors, None, np.zeros(count))


@pytest.mark.parametrize("name", ["pc1", "pc2", "raspberry"])
def test_what_the_producer_writes_the_consumer_reads_back(name: str) -> None:
    machine = MACHINES[name]
    random = np.random.default_rng(1)
    low, high = np.array([sensor.usual for sensor in machine.sensors]).T
    bits = np.array([sensor.bit is not None for sensor in machine.sensors])
    sensors = np.where(bits, random.integers(0, 2, (50, len(low))), random.uniform(low, high, (50, len(low))))
    for place, sensor in enumerate(machine.sensors):
        if sensor.optional:
            sensors[::3, place] = np.nan
    readings = of(machine, sensors)
    batch = decoded(machine, *encoder_of(machine, 7).encode(readings))
    assert batch.dead_letters == []
    assert batch.sensors.tobytes() == sensors.tobytes()
    assert batch.times.tolist() == readings.times.tolist()
    assert list(batch.extras) == []


def test_a_framed_message_begins_with_a_zero_and_the_number_of_its_schema() -> None:
    (value,) = encoder_of(MACHINES["pc1"], 258).encode(of(MACHINES["pc1"], np.array([[3000.0, 5, 4, 55, 48, 1]])))
    assert value[:5] == b"\0\0\0\1\2"
    assert json.loads(value[5:]) == {
        "uuid": str(uuid.UUID(int=0)),
        "device": "pc1",
        "loading_datetime": "2026-03-01@12:00:00",
        "ClockCPUCoreOne": 3000.0,
        "PowerCPUPackage": 5.0,
        "LoadCPUTotal": 4.0,
        "TemperatureCPUPackage": 55.0,
        "TemperatureGPUCore": 48.0,
        "LoadGPUCore": 1.0,
    }


def test_flags_are_written_as_they_are_read() -> None:
    assert flags_text([(0, 1.0), (3, 0.0), (19, 1.0)]) == "0x80001"
    assert read_flags("0x80001") == 0x80001
    assert flags_text([(0, float("nan"))]) == ""
