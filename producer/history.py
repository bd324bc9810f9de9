"""The labelled past of simulated devices, for a first model to be trained on."""

import zlib
from collections.abc import Iterator
from itertools import compress

import numpy as np
import numpy.typing as npt

from core.batch import Floats
from core.engineered import with_engineered
from core.errors import UserError
from core.expression import parsed
from core.history import History
from core.machine import Machine
from core.rolling import with_rolling
from core.target import Target, outside
from producer.episodes import is_machine_fault, is_sensor_fault
from producer.simulator import SimulatedChunk, simulate

_START = 1_767_225_600_000_000
"""2026-01-01 UTC in microseconds."""
_SPAN = 7 * 86_400_000_000
"""A history spans a week, so that it holds every hour of the day."""


def simulated_history(machine: Machine, devices: int, count: int, seed: int, fault_rate: float) -> History:
    """About `count` readings of `devices` devices over a week, with their truth; rows with a sensor fault are left out.

    Another seed gives other devices. UserError where `count` is less than one reading a device.
    """
    ticks = count // devices
    if ticks < 1:
        raise UserError(f"{count} readings are too few for {devices} devices: ask for more readings or fewer devices")
    past = _together(simulate(machine, devices, seed, fault_rate, _START, _SPAN // ticks), count)
    kept = ~is_sensor_fault(machine, past.truths)
    names = [f"{machine.name}-past-{number:03d}" for number in range(1, devices + 1)]
    of_rows = [names[device] for device in past.devices.tolist()]
    sensors = with_rolling(machine, of_rows, past.sensors)[kept]
    values = None if machine.target is None else simulated_values(machine, machine.target, sensors, seed)
    faults = is_machine_fault(machine, past.truths)[kept]
    return History(
        sensors=sensors,
        fault=faults if machine.target is None or values is None else outside(machine.target, values),
        devices=list(compress(of_rows, kept)),
        times=past.times[kept],
        classes=_classes(machine, past.truths[kept]) if machine.classes else None,
        values=values,
    )


def simulated_values(machine: Machine, target: Target, sensors: Floats, seed: int) -> Floats:
    """What would be measured of readings of shape (n, sensors): as the machine's file says, and a bit of chance."""
    if not target.simulated:
        raise UserError(f"the file of {machine.name} does not say how a simulated {target.name} comes about: simulated")
    names = tuple(sensor.name for sensor in machine.inputs)
    exact = parsed(target.simulated, names).evaluate(list(with_engineered(machine, sensors).T))
    chance = np.random.default_rng([seed, zlib.crc32(target.name.encode())]).normal(0, target.noise, len(sensors))
    return np.asarray(exact + chance, dtype=np.float64)


def _classes(machine: Machine, truths: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Of readings without a sensor fault: the defect that is named like the simulated fault."""
    numbers = [0, *(machine.classes.index(fault.name) for fault in machine.faults)]
    return np.array(numbers, dtype=np.int16)[truths]


def _together(chunks: Iterator[SimulatedChunk], count: int) -> SimulatedChunk:
    """The first `count` readings as one chunk."""
    taken = [next(chunks)]
    while sum(len(chunk.times) for chunk in taken) < count:
        taken.append(next(chunks))
    return SimulatedChunk(
        devices=np.concatenate([chunk.devices for chunk in taken])[:count],
        times=np.concatenate([chunk.times for chunk in taken])[:count],
        sensors=np.concatenate([chunk.sensors for chunk in taken])[:count],
        truths=np.concatenate([chunk.truths for chunk in taken])[:count],
    )
