"""A machine's past as columns: readings of which it is known whether they were faults."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    classes: npt.NDArray[np.int16] | None = None
    """Of a machine with several defects: which one, as core.machine.Machine.classes numbers them; 0 where no fault is,
    -1 where one is of which nobody knows the defect. None: the machine has one kind of fault."""
    values: Floats | None = None
    """Of task `regression`: what was measured; NaN where nothing was. None: another task's."""

    def __len__(self) -> int:
        return len(self.fault)

    def rows(self, chosen: Bools) -> "History":
        """The rows where `chosen`, shape (n,), is true."""
        devices = [device for device, keep in zip(self.devices, chosen, strict=True) if keep]
        return History(self.sensors[chosen], self.fault[chosen], devices, self.times[chosen], *self._further(chosen))

    def in_order(self) -> "History":
        """The same rows in order of time; rows of one time keep theirs."""
        order = np.argsort(self.times, kind="stable")
        devices = [self.devices[row] for row in order]
        return History(self.sensors[order], self.fault[order], devices, self.times[order], *self._further(order))

    def _further(self, chosen: Bools | Integers) -> tuple[npt.NDArray[np.int16] | None, Floats | None]:
        classes = None if self.classes is None else self.classes[chosen]
        return classes, None if self.values is None else self.values[chosen]
