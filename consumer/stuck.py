"""Stuck sensors: the very same value many readings in a row."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from consumer.slots import Slots
from core.batch import Bools, Floats, Integers
from core.machine import Machine


class _Change(NamedTuple):
    """What a batch adds to one sensor's runs."""

    sensor: int
    places: Integers
    values: Floats
    lengths: Integers


class StuckLook(NamedTuple):
    """Which readings have a stuck sensor, and what is remembered once they are stored."""

    stuck: Bools
    changes: Sequence[_Change]
    found: Sequence[tuple[int, Integers]]
    """(sensor, rows in which it is stuck)."""


class Runs:
    """How often in a row each watched sensor of a partition's devices has read its last value.

    A run counts the stored readings that have the sensor, so an absent one neither breaks nor lengthens it. The answer
    does not depend on batches. After a takeover runs go on from the newest readings of the partition (see
    `core.ports.stream.Recent`): exactly so where a device's last `stuck_after` readings are among them, that is with
    fewer than 20 000 / `stuck_after` devices a partition that speak in turn; else a stuck sensor is noticed so many
    readings late.
    """

    def __init__(self, machine: Machine, slots: Slots) -> None:
        self._watched = [(index, sensor.stuck_after) for index, sensor in enumerate(machine.sensors)]
        self._slots = slots
        self._values = np.empty((len(machine.sensors), 0))
        self._lengths = np.empty((len(machine.sensors), 0), dtype=np.int64)

    def look(self, places: Integers, sensors: Floats, counted: Bools) -> StuckLook:
        """Readings in the log's order: places, shape (n,), and sensors, shape (n, sensors). Remembers nothing yet.

        Rows not `counted` are neither stuck nor part of a run.
        """
        stuck = np.zeros(len(places), dtype=np.bool_)
        watched = [(sensor, after) for sensor, after in self._watched if after is not None]
        if not watched or not counted.any():
            return StuckLook(stuck, (), ())
        self._make_room()
        rows = _by_place(places)
        rows = rows if counted.all() else rows[counted[rows]]
        stays, changes, found = _Stays(places[rows]), [], []
        for sensor, after in watched:
            values = sensors[:, sensor][rows]
            if (absent := np.isnan(values)).any():
                here = rows[~absent]
                change, long = self._runs(sensor, after, _Stays(places[here]), values[~absent])
            else:
                here = rows
                change, long = self._runs(sensor, after, stays, values)
            stuck[here[long]] = True
            changes.append(change)
            found.append((sensor, here[long]))
        return StuckLook(stuck, changes, found)

    def take(self, look: StuckLook) -> None:
        """Remember readings that are stored now."""
        for sensor, places, values, lengths in look.changes:
            self._values[sensor, places] = values
            self._lengths[sensor, places] = lengths

    def _runs(self, sensor: int, after: int, stays: "_Stays", values: Floats) -> tuple[_Change, Integers]:
        """What is left of a sensor at the end of each stay, and the rows that end a run of at least `after`."""
        same = np.empty(len(values), dtype=np.bool_)
        np.equal(values[1:], values[:-1], out=same[1:])
        same[stays.first] = values[stays.first] == self._values[sensor, stays.places]
        again = np.flatnonzero(same)  # few: a healthy sensor seldom repeats itself
        begins = np.flatnonzero((np.diff(again, prepend=-2) != 1) | stays.is_first[again])
        block = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(again)))
        before = np.ones(len(values), dtype=np.int64)
        before[stays.first] = self._lengths[sensor, stays.places]
        runs = before[again[begins]][block] + np.arange(len(again)) - begins[block] + 1
        lengths = np.ones(len(values), dtype=np.int64)
        lengths[again] = runs
        change = _Change(sensor, stays.places, values[stays.last], lengths[stays.last])
        return change, again[runs >= after]

    def _make_room(self) -> None:
        missing = len(self._slots) - self._values.shape[1]
        if missing > 0:
            room = (len(self._values), max(missing, self._values.shape[1]))
            self._values = np.concatenate((self._values, np.full(room, np.nan)), axis=1)
            self._lengths = np.concatenate((self._lengths, np.zeros(room, dtype=np.int64)), axis=1)


class _Stays:
    """Rows sorted by place: where each place's rows begin and end."""

    def __init__(self, places: Integers) -> None:
        self.is_first = np.concatenate(([True], places[1:] != places[:-1]))[: len(places)]
        self.first = np.flatnonzero(self.is_first)
        self.last = np.append(self.first[1:], len(places))[: len(self.first)] - 1
        self.places = places[self.first]


def _by_place(places: Integers) -> Integers:
    """The rows sorted by place; rows of one place keep their order.

    Place and row as one number sort several times faster than a stable sort.
    """
    keys = (places << 32) | np.arange(len(places))
    keys.sort()
    order: Integers = keys & 0xFFFF_FFFF
    return order
