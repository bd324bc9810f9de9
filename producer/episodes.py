"""When a simulated device has a fault, or a sensor of it has."""

import heapq
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.batch import Bools
from core.machine import Machine
from producer.readings import NORMAL

STUCK = "sensor:stuck"
DROPOUT = "sensor:dropout"
_LENGTHS = (20, 60)
"""An episode's shortest and longest, in readings of its device."""
_SENSOR_FAULT_SHARE = 0.25
"""Sensor faults take this share of the time that faults take."""


class Episode(NamedTuple):
    """One trouble of one device; ordered by its beginning."""

    begin: int
    """Tick of its first reading."""
    device: int
    end: int
    """Tick after its last reading."""
    truth: int
    """Index in `truths_of(machine)`."""
    strength: float
    """How strong a case of the fault: 1.0 is the one that the machine's file describes."""
    sensor: int
    """The sensor that fails, where it is a sensor fault."""


def truths_of(machine: Machine) -> tuple[str, ...]:
    """What a simulated reading can really be: normal first, then the machine's faults, then the sensor faults."""
    return (NORMAL, *(f"fault:{fault.name}" for fault in machine.faults), STUCK, DROPOUT)


def is_machine_fault(machine: Machine, truths: npt.NDArray[np.int16]) -> Bools:
    """Which of these indices in `truths_of(machine)` are faults of the machine."""
    return (truths > 0) & (truths <= len(machine.faults))


def is_sensor_fault(machine: Machine, truths: npt.NDArray[np.int16]) -> Bools:
    """Which of these indices in `truths_of(machine)` are faults of a sensor."""
    faulty: Bools = truths > len(machine.faults)
    return faulty


class Timeline:
    """Each device's episodes, one at a time, with healthy gaps between them.

    Gaps are exponential; the first ones are drawn one from each of as many equal shares of that distribution as there
    are devices, and each fifth of the first episodes is a sensor fault. So whatever the seed a run shows faults early:
    at 20 devices, 10 readings a second each and a fault rate of 0.02 at least three in the first 30 seconds.
    """

    def __init__(self, machine: Machine, devices: int, fault_rate: float, random: np.random.Generator) -> None:
        """`fault_rate`: the share of their time that devices spend in faults of the machine."""
        self._random = random
        self._faults = len(machine.faults)
        required = [index for index, sensor in enumerate(machine.sensors) if not sensor.optional]
        self._ways = 1 if machine.message.strict else 2  # its messages cannot lack a sensor: one is stuck at most
        self._breakable = required or list(range(len(machine.sensors)))
        self._going: list[Episode] = []
        self._coming: list[Episode] = []
        busy = fault_rate * (bool(machine.faults) + _SENSOR_FAULT_SHARE)
        if busy > 0:
            self._mean_gap = sum(_LENGTHS) / 2 * (1 - busy) / busy
            self._coming = self._first_episodes(devices)

    def during(self, begin: int, end: int) -> list[Episode]:
        """The episodes with a tick in [begin, end); windows must follow one another."""
        self._going = [episode for episode in self._going if episode.end > begin]
        while self._coming and self._coming[0].begin < end:
            episode = self._coming[0]
            heapq.heapreplace(self._coming, self._next_after(episode))
            self._going.append(episode)
        return self._going

    def _first_episodes(self, devices: int) -> list[Episode]:
        shares = (np.arange(devices) + self._random.uniform(0.2, 0.8, devices)) / devices
        begins = (-np.log1p(-shares) * self._mean_gap).astype(int)
        episodes = [
            self._episode(int(device), int(begin), sensor_fault=not self._faults or place % 5 == 4)
            for place, (device, begin) in enumerate(zip(self._random.permutation(devices), begins, strict=True))
        ]
        heapq.heapify(episodes)
        return episodes

    def _next_after(self, episode: Episode) -> Episode:
        gap = 1 + int(self._random.exponential(self._mean_gap))
        share = _SENSOR_FAULT_SHARE / (1 + _SENSOR_FAULT_SHARE) if self._faults else 1.0
        return self._episode(episode.device, episode.end + gap, sensor_fault=bool(self._random.random() < share))

    def _episode(self, device: int, begin: int, sensor_fault: bool) -> Episode:
        random = self._random
        truth = 1 + (self._faults + random.integers(self._ways) if sensor_fault else random.integers(self._faults))
        return Episode(
            begin=begin,
            device=device,
            end=begin + int(random.integers(_LENGTHS[0], _LENGTHS[1] + 1)),
            truth=int(truth),
            strength=float(random.uniform(0.7, 1.3)),
            sensor=self._breakable[random.integers(len(self._breakable))],
        )
