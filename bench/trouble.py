"""Readings of healthy devices at an even rate, with a device in trouble now and then."""

import time
from collections.abc import Iterator, Sequence

import numpy as np

from bench.paced import Pair, simulated
from core.batch import Floats
from core.machine import Machine
from producer.encode import Encoder
from producer.readings import Readings
from producer.uuid7 import uuid7_texts

_IN_A_ROW = 3
"""Faults, which open an incident."""


def with_trouble(
    machine: Machine, devices: int, rate: int, warm_up_s: float, seconds: float, every_s: float
) -> Sequence[Pair]:
    """Key and value of each message; after the warm-up, a device of its own shows faults every `every_s` seconds."""
    start = time.time_ns() // 1000
    readings = simulated(machine, devices, rate, warm_up_s + seconds, fault_rate=0.0)
    for number, due in enumerate(np.arange(warm_up_s, warm_up_s + seconds - every_s / 2, every_s)):
        first = round(due * rate)
        readings[first : first + _IN_A_ROW] = _faults(machine, f"trouble-{number:04d}", start + round(due * 1e6))
    return readings


def _faults(machine: Machine, device: str, at: int) -> Iterator[Pair]:
    times = at + np.arange(_IN_A_ROW) * 1000
    readings = Readings(
        ids=uuid7_texts(times, np.random.default_rng(at)),
        devices=[device] * _IN_A_ROW,
        times=times,
        sensors=_unusual(machine) * np.linspace(1.0, 1.01, _IN_A_ROW)[:, np.newaxis],
        truths=None,
        due=np.zeros(_IN_A_ROW),
    )
    return ((device.encode(), value) for value in Encoder(machine).encode(readings))


def _unusual(machine: Machine) -> Floats:
    """A width above its usual range, each sensor; yet none that it cannot read."""
    widths = [sensor.usual[1] - sensor.usual[0] for sensor in machine.sensors]
    highest = [sensor.usual[1] + width for sensor, width in zip(machine.sensors, widths, strict=True)]
    return np.minimum([highest], [[0.95 * sensor.maximum for sensor in machine.sensors]])
