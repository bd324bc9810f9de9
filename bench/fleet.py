"""A fleet of simulated devices over some days: its readings, and which of its episodes a model should find."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from consumer.slots import Slots
from consumer.stuck import Runs
from core.batch import Batch, Bools, Flags, Floats, Integers, Quality
from core.machine import Machine
from core.recent_alarms import Recent
from producer.episodes import is_machine_fault, is_sensor_fault
from producer.simulator import SimulatedChunk, simulate

MINUTE = 60_000_000
"""Microseconds; each device reads so often."""
A_DAY = 1440
_START = 1_772_323_200_000_000
"""2026-03-01 UTC in microseconds."""


class Episode(NamedTuple):
    """A fault of the machine."""

    device: int
    rows: Integers
    """In the days' readings, in order."""
    fault: int
    """Its place among the machine's faults, from 0."""


class Days(NamedTuple):
    """Readings of some days in a row, shape (n,) a column."""

    readings: Batch
    devices: Integers
    truths: npt.NDArray[np.int16]
    fault: Bools
    sensor_fault: Bools
    length: int
    """How many days."""

    @property
    def recent(self) -> Recent:
        """As the gate looks at them."""
        readings = self.readings
        return Recent(self.devices, readings.times, readings.sensors, readings.quality)

    @property
    def scored(self) -> Bools:
        """Those without a quality flag."""
        return np.asarray(self.readings.quality == 0, dtype=np.bool_)

    def rows_of(self, device: int) -> Integers:
        """Its readings, in order."""
        return np.flatnonzero(self.devices == device)

    def episodes(self) -> list[Episode]:
        """The machine's faults that begin and end in these days."""
        found = [episode for device in np.unique(self.devices).tolist() for episode in self._episodes_of(device)]
        return sorted(found, key=lambda episode: int(episode.rows[-1]))

    def _episodes_of(self, device: int) -> Iterator[Episode]:
        rows = self.rows_of(device)
        truths = np.where(self.fault[rows], self.truths[rows], 0)
        for part in np.split(rows, np.flatnonzero(np.diff(truths)) + 1):
            if self.fault[part[0]] and part[0] != rows[0] and part[-1] != rows[-1]:
                yield Episode(device, part, int(self.truths[part[0]]) - 1)


class Fleet:
    """Devices that read on for as long as they are watched; the same arguments give the same readings."""

    def __init__(self, machine: Machine, devices: int, seed: int, fault_rate: float) -> None:
        self._machine = machine
        self._devices = devices
        self._chunks = simulate(machine, devices, seed, fault_rate, _START, MINUTE)
        self._waiting: list[SimulatedChunk] = []
        self._slots = Slots()
        self._stuck = Runs(machine, self._slots)

    def next(self, days: int) -> Days:
        """The next days, with the quality flags that the consumer would set."""
        chunk = self._take(self._devices * A_DAY * days)
        places = self._slots.of(chunk.devices.astype(np.int64))
        missing = _missing(self._machine, chunk.sensors)
        look = self._stuck.look(places, chunk.sensors, ~missing)
        self._stuck.take(look)
        quality = np.where(missing, Quality.SENSOR_MISSING, np.where(look.stuck, Quality.STUCK, Quality.GOOD))
        return Days(
            _batch(self._machine, chunk, quality.astype(np.int16)),
            self._slots.devices[places],
            chunk.truths,
            is_machine_fault(self._machine, chunk.truths),
            is_sensor_fault(self._machine, chunk.truths),
            days,
        )

    def _take(self, readings: int) -> SimulatedChunk:
        while sum(len(chunk.times) for chunk in self._waiting) < readings:
            self._waiting.append(next(self._chunks))
        columns = [np.concatenate([getattr(chunk, name) for chunk in self._waiting]) for name in _COLUMNS]
        self._waiting = [SimulatedChunk(*(column[readings:] for column in columns))]
        return SimulatedChunk(*(column[:readings] for column in columns))


def _missing(machine: Machine, sensors: Floats) -> Bools:
    required = [place for place, sensor in enumerate(machine.sensors) if not sensor.optional]
    return np.asarray(np.isnan(sensors[:, required]).any(axis=1), dtype=np.bool_)


def _batch(machine: Machine, chunk: SimulatedChunk, quality: Flags) -> Batch:
    """One partition's readings, whose offset is the row."""
    count = len(chunk.times)
    return Batch(
        topic=machine.topics[0] if machine.topics else machine.name,
        partitions=np.zeros(count, dtype=np.int64),
        offsets=np.arange(count, dtype=np.int64),
        ids=np.zeros(count, dtype="V16"),
        devices=(),
        times=chunk.times,
        sensors=chunk.sensors,
        quality=quality,
        extras=(),
        runs=(),
        dead_letters=(),
    )


_COLUMNS = ("devices", "times", "sensors", "truths")
