"""A machine's past as columns: readings of which it is known whether they were faults."""

from collections.abc import Sequence
from dataclasses import dataclass

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
