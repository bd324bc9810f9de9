"""What the live stream would make of recorded readings: accepted or not, good or doubtful."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from consumer.accept import EARLIEST, LATEST, device_name_problem
from consumer.slots import Slots
from consumer.stuck import Runs
from core.batch import Bools, Flags, Floats, Integers, Quality
from core.machine import Machine
from core.quality_check import QualityCheck


class Doubt(NamedTuple):
    """A sensor that cannot be right in some rows."""

    sensor: str
    reason: str
    rows: Bools


class Checked(NamedTuple):
    """What was found out about n accepted readings."""

    quality: Flags
    doubts: Sequence[Doubt]


class RecordedCheck:
    """Checks one file's readings, chunk after chunk in its order, by the rules of live ones.

    A reading's lateness and future are measured against Kafka's log, which a file has not: no row is either.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._check = QualityCheck(machine)
        self._slots = Slots()
        self._runs = Runs(machine, self._slots)
        self._numbers: dict[str, int] = {}
        self._problems: dict[str, str | None] = {}

    def device_problem(self, name: str) -> str | None:
        """Why this device's readings are not accepted; None: they are."""
        if name not in self._problems:
            problem = device_name_problem(name)
            if problem is None and self._machine.devices and name not in self._machine.devices:
                problem = "device: is not among those that the machine lists"
            self._problems[name] = problem.removeprefix("device: ") if problem else None
        return self._problems[name]

    @staticmethod
    def is_in_time(times: Integers) -> Bools:
        """Which times (µs since 1970 UTC) lie in 1990–2099, as an accepted reading's must."""
        inside: Bools = (times >= EARLIEST) & (times < LATEST)
        return inside

    def of(self, devices: Sequence[str], sensors: Floats) -> Checked:
        """The quality of accepted readings that come next in the file, with sensors of shape (n, sensors)."""
        look = self._runs.look(self._places(devices), sensors, np.ones(len(devices), dtype=np.bool_))
        self._runs.take(look)
        quality = (self._check.flags(sensors) | look.stuck * np.int16(Quality.STUCK)).astype(np.int16)
        return Checked(quality, [] if not quality.any() else self._doubts(sensors, dict(look.found)))

    def _places(self, devices: Sequence[str]) -> Integers:
        numbers = self._numbers
        for name in set(devices):
            numbers.setdefault(name, len(numbers))
        return self._slots.of(np.fromiter(map(numbers.__getitem__, devices), np.int64, len(devices)))

    def _doubts(self, sensors: Floats, stuck: dict[int, Integers]) -> list[Doubt]:
        missing, outside = self._check.missing(sensors), self._check.outside(sensors)
        found = []
        for index, sensor in enumerate(self._machine.sensors):
            long = np.zeros(len(sensors), dtype=np.bool_)
            long[stuck.get(index, ())] = True
            within = f"{sensor.minimum:g} to {sensor.maximum:g}"
            found += [
                Doubt(sensor.name, "is absent", missing[:, index]),
                Doubt(sensor.name, f"lies outside of {within}", outside[:, index]),
                Doubt(sensor.name, f"reads the same {sensor.stuck_after} times in a row", long),
            ]
        return [one for one in found if one.rows.any()]
