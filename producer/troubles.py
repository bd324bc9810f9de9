"""What an episode does to the readings of its device."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.batch import Floats, Integers
from core.machine import Machine
from producer.episodes import DROPOUT, STUCK, Episode, truths_of

_GROWN_AFTER = 0.2
"""A push is fully grown after this share of its time."""


class MachineFaults:
    """Pushes the sensors as the machine's file says, more as the episode goes on."""

    def __init__(self, machine: Machine) -> None:
        index = machine.sensor_names.index
        self._pushes = [
            [(index(push.sensor), push.by, push.after) for push in fault.pushes] for fault in machine.faults
        ]

    def apply(self, widths: Floats, begin: int, episodes: Sequence[Episode]) -> None:
        """Change the readings of ticks from `begin` on, shape (ticks, devices, sensors), in usual widths."""
        for episode in episodes:
            if episode.truth > len(self._pushes):
                continue
            rows = _rows(episode, begin, len(widths))
            ticks = np.arange(begin + rows.start, begin + rows.stop)
            for sensor, by, after in self._pushes[episode.truth - 1]:
                widths[rows, episode.device, sensor] += by * episode.strength * growth(episode, ticks, after)


class SensorFaults:
    """Freezes a sensor at what it last read, or silences it; the machine is as healthy as before."""

    def __init__(self, machine: Machine) -> None:
        truths = truths_of(machine)
        self._stuck = truths.index(STUCK)
        self._dropout = truths.index(DROPOUT)
        self._frozen_at: dict[int, float] = {}
        """Device → what its stuck sensor reads."""

    def apply(self, readings: Floats, begin: int, episodes: Sequence[Episode]) -> None:
        """Change the readings of ticks from `begin` on, shape (ticks, devices, sensors), in the sensors' units."""
        for episode in episodes:
            rows = _rows(episode, begin, len(readings))
            if episode.truth == self._dropout:
                readings[rows, episode.device, episode.sensor] = np.nan
            elif episode.truth == self._stuck:
                if episode.begin >= begin:
                    self._frozen_at[episode.device] = readings[rows.start, episode.device, episode.sensor]
                readings[rows, episode.device, episode.sensor] = self._frozen_at[episode.device]


def growth(episode: Episode, ticks: Integers, after: float) -> Floats:
    """How far a push is grown at these ticks, 0 to 1; it begins when the share `after` of the episode has passed."""
    passed = (ticks - episode.begin + 1) / (episode.end - episode.begin)
    grown: Floats = np.clip((passed - after) / (1 - after) / _GROWN_AFTER, 0, 1)
    return grown


def truths_during(begin: int, ticks: int, devices: int, episodes: Sequence[Episode]) -> npt.NDArray[np.int16]:
    """The truth of each reading as its index in `truths_of(machine)`, shape (ticks, devices)."""
    truths = np.zeros((ticks, devices), dtype=np.int16)
    for episode in episodes:
        truths[_rows(episode, begin, ticks), episode.device] = episode.truth
    return truths


def _rows(episode: Episode, begin: int, ticks: int) -> slice:
    """The rows of the episode in an array whose first row is tick `begin`."""
    return slice(max(episode.begin - begin, 0), min(episode.end - begin, ticks))
