"""A machine's past as columns: readings of which it is known whether they were faults."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from core.batch import Bools, Floats, Integers

_Number = TypeVar("_Number", np.int16, np.float64)


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
        return self.at(np.argsort(self.times, kind="stable"))

    def at(self, places: Integers) -> "History":
        """The rows at these places, shape (m,), in that order."""
        devices = [self.devices[row] for row in places]
        return History(self.sensors[places], self.fault[places], devices, self.times[places], *self._further(places))

    def _further(self, chosen: Bools | Integers) -> tuple[npt.NDArray[np.int16] | None, Floats | None]:
        classes = None if self.classes is None else self.classes[chosen]
        return classes, None if self.values is None else self.values[chosen]


def joined(parts: Sequence[History]) -> History:
    """The rows of all, one behind the other; of one machine, so that all have the same columns."""
    return History(
        np.concatenate([part.sensors for part in parts]),
        np.concatenate([part.fault for part in parts]),
        [device for part in parts for device in part.devices],
        np.concatenate([part.times for part in parts]),
        _all_of([part.classes for part in parts]),
        _all_of([part.values for part in parts]),
    )


def _all_of(columns: Sequence[npt.NDArray[_Number] | None]) -> npt.NDArray[_Number] | None:
    there = [column for column in columns if column is not None]
    return np.concatenate(there) if there else None
