"""The simulator: an endless, seeded course of readings of devices that are all different."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.batch import Floats, Integers
from core.machine import Machine
from core.rolling import with_places
from producer.episodes import Timeline
from producer.healthy import HealthyReadings
from producer.scale import Scale
from producer.traits import draw_traits, physics_of
from producer.troubles import MachineFaults, SensorFaults, truths_during

_CHUNK_ROWS = 4096
_MOST_TICKS = 64
_OPTIONAL_ABSENT = 0.05
"""The share of readings that come without an optional sensor."""


@dataclass(frozen=True, slots=True)
class SimulatedChunk:
    """Consecutive readings of all devices, shape (n,) a column, in order of time."""

    devices: npt.NDArray[np.intp]
    """Index of the device, from 0."""
    times: Integers
    """Event times, microseconds since 1970 UTC."""
    sensors: Floats
    """Shape (n, sensors) in the machine's order; NaN for absent."""
    truths: npt.NDArray[np.int16]
    """What each reading really is: its index in `episodes.truths_of(machine)`."""


def simulate(
    machine: Machine, devices: int, seed: int, fault_rate: float, start_time: int, interval: int
) -> Iterator[SimulatedChunk]:
    """Readings without end: each device reads every `interval` µs from `start_time` (µs since 1970 UTC) on, in turn.

    The same arguments give the same readings; another seed gives other devices. Troubles and wander are timed in
    readings, so they look the same at every rate; only the daily rhythm goes by event time. Rolling sensors are absent.
    """
    described, machine = machine, machine.sent
    ticks = max(1, min(_MOST_TICKS, _CHUNK_ROWS // devices))
    random = np.random.default_rng([seed, zlib.crc32(machine.name.encode())])
    for_traits, for_episodes, for_readings = random.spawn(3)
    healthy = HealthyReadings(draw_traits(machine, devices, for_traits), physics_of(machine), ticks, for_readings)
    scale = Scale(machine, devices, for_traits)
    timeline = Timeline(machine, devices, fault_rate, for_episodes)
    faults, sensor_faults = MachineFaults(machine), SensorFaults(machine)
    optional = [index for index, sensor in enumerate(machine.sensors) if sensor.optional]
    turns = np.arange(devices) * interval // devices

    begin = 0
    while True:
        episodes = timeline.during(begin, begin + ticks)
        times = start_time + np.arange(begin, begin + ticks) * interval
        widths = healthy.next(times)
        faults.apply(widths, begin, episodes)
        readings = scale.readings(widths)
        sensor_faults.apply(readings, begin, episodes)
        for sensor in optional:
            readings[for_readings.random((ticks, devices)) < _OPTIONAL_ABSENT, sensor] = np.nan
        yield SimulatedChunk(
            devices=np.tile(np.arange(devices), ticks),
            times=(times[:, np.newaxis] + turns).ravel(),
            sensors=with_places(described, readings.reshape(ticks * devices, -1)),
            truths=truths_during(begin, ticks, devices, episodes).ravel(),
        )
        begin += ticks
