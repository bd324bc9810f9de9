"""Simulated machines as readings to publish."""

from collections.abc import Iterator

import numpy as np

from core.machine import Machine
from producer.episodes import truths_of
from producer.readings import Readings
from producer.simulator import simulate
from producer.uuid7 import uuid7_texts

FLAT_OUT = 1_000_000.0
"""Readings a second where no rate is asked for: more than can be sent, so that event time never overtakes the clock."""
_SECOND = 1_000_000


def simulated_readings(
    machine: Machine, devices: int, seed: int, fault_rate: float, start_time: int, rate: float
) -> Iterator[Readings]:
    """Readings without end of `devices` devices, `rate` a second in all, due at their event times.

    They are the first that the machine's file lists, where it lists any; else `<machine>-001` and so on.

    `start_time`: of the first reading, µs since 1970 UTC. The same arguments give the same readings, ids included.
    """
    names = machine.devices[:devices] or [f"{machine.name}-{number:03d}" for number in range(1, devices + 1)]
    devices = len(names)
    truths = truths_of(machine)
    for_ids = np.random.default_rng([seed, start_time, *machine.name.encode()])
    for chunk in simulate(machine, devices, seed, fault_rate, start_time, max(1, round(devices / rate * _SECOND))):
        yield Readings(
            ids=uuid7_texts(chunk.times, for_ids),
            devices=[names[device] for device in chunk.devices.tolist()],
            times=chunk.times,
            sensors=chunk.sensors,
            truths=[truths[truth] for truth in chunk.truths.tolist()],
            due=(chunk.times - start_time) / _SECOND,
        )
