"""A machine's past as columns: readings of which it is known whether they were faults."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.batch import Bools, Floats, Integers


@dataclass(frozen=True, slots=True)
class History:
    """Readings with their truth, shape (n,) a column, in order of time."""

    sensors: Floats
    """Shape (n, sensors) in the machine's order; NaN for absent."""
    fault: Bools
    devices: Sequence[str]
    times: Integers
    """Event times, microseconds since 1970 UTC."""

    def __len__(self) -> int:
        return len(self.fault)

    def rows(self, chosen: Bools) -> "History":
        """The rows where `chosen`, shape (n,), is true."""
        devices = [device for device, keep in zip(self.devices, chosen, strict=True) if keep]
        return History(self.sensors[chosen], self.fault[chosen], devices, self.times[chosen])

    def in_order(self) -> "History":
        """The same rows in order of time; rows of one time keep theirs."""
        order = np.argsort(self.times, kind="stable")
        return History(self.sensors[order], self.fault[order], [self.devices[row] for row in order], self.times[order])
