"""When each device of a partition was last heard, kept without any Python per reading."""

from typing import NamedTuple

import numpy as np

from consumer.slots import Slots
from core.batch import Integers
from core.silence import NEVER, Heard


class HeardLook(NamedTuple):
    """Readings that count, shape (n,) a column, and what they say of the partition as a whole."""

    places: Integers
    times: Integers
    offsets: Integers
    resumed: int
    """The newest event time before which the partition was quiet for too long; NEVER: it was not."""


def heard_in(places: Integers, times: Integers, offsets: Integers, watermark: int, hole: float) -> HeardLook:
    """Readings in the log's order that come after `watermark`; `hole`: how many seconds are too long."""
    newest = np.maximum.accumulate(np.concatenate(([watermark], times)))
    jumps = np.flatnonzero(newest[1:] - newest[:-1] > round(hole * 1e6))
    return HeardLook(places, times, offsets, int(newest[jumps[-1] + 1]) if len(jumps) else NEVER)


class HeardDevices:
    """Grows with what is stored. `saved`: what the database knows when the partition is taken over."""

    def __init__(self, slots: Slots, saved: Heard) -> None:
        self._slots = slots
        self._times = np.empty(0, dtype=np.int64)
        self._offsets = np.empty(0, dtype=np.int64)
        self._resumed = NEVER
        self.take(HeardLook(slots.of(saved.devices), saved.times, saved.offsets, saved.resumed))

    def take(self, look: HeardLook) -> None:
        """Remember readings that are stored now."""
        missing = len(self._slots) - len(self._times)
        if missing > 0:
            room = np.full(max(missing, len(self._times)), NEVER, dtype=np.int64)
            self._times = np.concatenate((self._times, room))
            self._offsets = np.concatenate((self._offsets, room))
        np.maximum.at(self._times, look.places, look.times)
        np.maximum.at(self._offsets, look.places, look.offsets)
        self._resumed = max(self._resumed, look.resumed)

    def all(self) -> Heard:
        """Everyone who was heard here."""
        known = np.flatnonzero(self._times != NEVER)
        return Heard(self._slots.devices[known], self._times[known], self._offsets[known], self._resumed)

    def forget(self, devices: Integers) -> None:
        """These speak elsewhere now; here they are unknown, until they come back."""
        self._times[self._slots.of(devices)] = NEVER
