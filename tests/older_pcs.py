"""Devices of the older streaming monitoring system: its messages, framed as its producer frames them, and its files."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

Fields = dict[str, float | str]
_TIME = "%Y-%m-%d@%H:%M:%S"
_LABEL = "NoTechnicalInterventionRequired"


class OlderDevice(NamedTuple):
    """One of its devices: topic and name are one."""

    name: str
    healthy: Callable[[Random], Fields]
    faulty: Mapping[str, Callable[[Random], float | str]]
    """What is wrong, as the field that shows it: a fault's reading is a healthy one but for that."""
    mistaken: Fields
    """What is unusual of a reading that alarms, and is fine."""


def _pc(random: Random) -> Fields:
    return {
        "ClockCPUCoreOne": round(random.uniform(400, 3300), 6),
        "PowerCPUPackage": round(random.uniform(4.5, 8.5), 9),
        "LoadCPUTotal": round(random.uniform(2, 25), 7),
        "TemperatureCPUPackage": float(random.randint(53, 66)),
    }


def _pc_with_graphics(random: Random) -> Fields:
    return _pc(random) | {"TemperatureGPUCore": float(random.randint(0, 48)), "LoadGPUCore": 1.0}


def _raspberry(random: Random) -> Fields:
    celsius = random.uniform(46, 68)
    return {
        "GPU_temp_celsius": round(celsius + random.uniform(-0.5, 0.5), 1),
        "CPU_temp_celsius": round(celsius, 3),
        "frequency_arm_hz": random.choice([1800404352.0, 1800457088.0]),
        "frequency_core_hz": random.choice([499987808.0, 500000992.0]),
        "frequency_pwm_hz": 107143064.0,
        "voltage_core_v": round(random.uniform(0.92, 0.95), 4),
        "voltage_sdram_c_v": 1.1,
        "voltage_sdram_i_v": 1.1,
        "voltage_sdram_p_v": 1.1,
        "memory_arm_bytes": 994050048.0,
        "memory_gpu_bytes": 79691776.0,
        "throttled": "0x0",
    }


_OF_PCS: Mapping[str, Callable[[Random], float | str]] = {
    "TemperatureCPUPackage": lambda random: round(random.uniform(96, 101), 7),
    "LoadCPUTotal": lambda random: round(random.uniform(90, 99), 7),
    "PowerCPUPackage": lambda random: round(random.uniform(27, 28), 7),
}
_OF_RASPBERRY: Mapping[str, Callable[[Random], float | str]] = {
    "CPU_temp_celsius": lambda random: round(random.uniform(82, 86), 3),
    "throttled": lambda random: random.choice(["0x50005", "0xf0008", "0x70007"]),
}
_MID: Fields = {
    "ClockCPUCoreOne": 1850.0,
    "PowerCPUPackage": 6.5,
    "LoadCPUTotal": 13.0,
    "TemperatureCPUPackage": 59.0,
}
DEVICES = (
    OlderDevice("pc1", _pc_with_graphics, _OF_PCS, _MID | {"TemperatureCPUPackage": 86.5, "TemperatureGPUCore": 24.0}),
    OlderDevice("pc2", _pc, _OF_PCS, _MID | {"PowerCPUPackage": 19.5}),
    OlderDevice("raspberry", _raspberry, _OF_RASPBERRY, {"CPU_temp_celsius": 76.0, "GPU_temp_celsius": 57.0}),
)


def messages(
    device: OlderDevice, count: int, begin: datetime, random: Random, changes: Fields | None = None
) -> Sequence[tuple[bytes, bytes]]:
    """Keys and values as its producer writes them, five seconds apart: of healthy readings, but for `changes`."""
    found = []
    for tick in range(count):
        time = (begin + timedelta(seconds=5 * tick)).strftime(_TIME)
        heads = {"uuid": str(_uuid(random)), "device": device.name, "loading_datetime": time}
        body = json.dumps(heads | device.healthy(random) | (changes or {})).encode()
        found.append((str(_uuid(random)).encode(), b"\0" + (3).to_bytes(4) + body))
    return found


def training_file(device: OlderDevice, healthy: int, faulty: int, random: Random) -> str:
    """As it keeps them: semicolons, decimal commas, 1 for fine, and a column without a name for the index."""
    rows = [(device.healthy(random), 1) for _ in range(healthy)]
    for place in range(faulty):
        field, value = list(device.faulty.items())[place % len(device.faulty)]
        rows.append((device.healthy(random) | {field: value(random)}, 0))
    lines = [";".join(["", *rows[0][0], _LABEL])]
    for index, (fields, label) in enumerate(rows):
        cells = [str(cell).replace(".", ",") for cell in fields.values()]
        lines.append(";".join([str(index) if label else "", *cells, str(label)]))
    return "\n".join(lines) + "\n"


def _uuid(random: Random) -> uuid.UUID:
    return uuid.UUID(int=random.getrandbits(128), version=4)
