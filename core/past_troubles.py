"""Which trouble each faulty reading of a recorded history belongs to."""

from collections.abc import Sequence

import numpy as np

from core.batch import Bools, Integers

NO_TROUBLE = -(2**62)


class PastTroubles:
    """A trouble is one device's faulty readings in a row, and is known by the time of its first one.

    Chunk after chunk, in the order in which the history tells them: where it is cut does not matter.
    """

    def __init__(self) -> None:
        self._since: dict[str, int] = {}

    def of(self, devices: Sequence[str], times: Integers, faults: Bools) -> Integers:
        """The beginning (µs since 1970 UTC) of each reading's trouble, shape (n,); NO_TROUBLE where it has none."""
        found = np.full(len(times), NO_TROUBLE, dtype=np.int64)
        for row, (device, time, fault) in enumerate(zip(devices, times.tolist(), faults.tolist(), strict=True)):
            if fault:
                found[row] = self._since.setdefault(device, time)
            else:
                self._since.pop(device, None)
        return found
