"""Readings on their way to Kafka, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.batch import Floats, Integers

TRUTH_HEADER = "truth"
NORMAL = "normal"
LABELLED_FAULT = "fault:labelled"


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of one machine, shape (n,) a column, in the order in which they are to be sent."""

    ids: Sequence[str]
    devices: Sequence[str]
    times: Integers
    """Event times, microseconds since 1970 UTC."""
    sensors: Floats
    """Shape (n, sensors) in the machine's order; NaN for absent."""
    truths: Sequence[str] | None
    """What each reading really is, where it is known: `normal`, `fault:<name>`, `sensor:stuck` or `sensor:dropout`."""
    due: Floats
    """Seconds after the start at which each is to be sent; never falls."""

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: slice) -> "Readings":
        return Readings(
            self.ids[rows],
            self.devices[rows],
            self.times[rows],
            self.sensors[rows],
            None if self.truths is None else self.truths[rows],
            self.due[rows],
        )
