"""A machine's stored readings in the log's order, filtered, for those who take many of them away."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from core.batch import Bools, Flags, Floats, Integers, Quality

FileFormat: TypeAlias = Literal["csv", "parquet", "arrow"]


class LogPlace(NamedTuple):
    """Where a reading stands, by the topic's number: a topic that was made anew is another one."""

    topic: int
    partition: int
    offset: int


BEGINNING = LogPlace(0, 0, 0)
"""Before every reading."""


class KeptMachine(NamedTuple):
    """A machine as its readings were stored."""

    number: int
    sensors: tuple[str, ...]
    classes: tuple[str, ...]
    """Of a machine with several defects; the first calls nobody."""
    tells_value: bool
    """Its models predict one."""


class Wanted(NamedTuple):
    """Which of a machine's readings; None: whichever."""

    machine: KeptMachine
    device: str | None = None
    since: datetime | None = None
    """By event time."""
    until: datetime | None = None
    """Before this one."""
    faults: bool = False
    """Only those whose probability passes the threshold."""
    version: int | None = None
    """Of the model that scored them."""
    quality: Quality | None = None
    """GOOD: without any flag; else: with one of these flags."""
    threshold: float | None = None
    """Of the machine's file; None: each version's own."""


class KeptReadings(NamedTuple):
    """Stored readings of one partition, shape (n,) a column, in the log's order."""

    topic: str
    partition: int
    offsets: Integers
    ids: npt.NDArray[np.void]
    """UUIDs as 16 bytes each."""
    devices: Sequence[str]
    times: Integers
    """Event times, microseconds since 1970 UTC."""
    sensors: Floats
    """Shape (n, sensors) in the stored order; NaN for absent."""
    quality: Flags
    classes: Flags
    scores: Floats
    """NaN: not scored."""
    values: Floats
    """That were predicted; NaN: none."""
    versions: Integers
    thresholds: Floats
    """Of the versions; NaN: unknown, and so is whether it is a fault."""

    @property
    def judged(self) -> Bools:
        """Of which it is known whether they are faults."""
        known: Bools = ~(np.isnan(self.scores) | np.isnan(self.thresholds))
        return known

    @property
    def faults(self) -> Bools:
        """Where `judged`: whether the probability passes the threshold."""
        passed: Bools = self.scores >= self.thresholds
        return passed


class Window(NamedTuple):
    """A stretch of the log that was looked through."""

    readings: KeptReadings
    """Those of it that are wanted: perhaps none."""
    next: LogPlace
    """Where the log goes on behind it."""


class ReadingLog(Protocol):
    """The readings of the machines that an operator follows. All methods raise Unavailable."""

    def machine(self, operator: int, name: str) -> KeptMachine | None:
        """None: there is none, or the operator does not follow it."""

    def windows(self, wanted: Wanted, start: LogPlace = BEGINNING, most: int | None = None) -> Iterator[Window]:
        """Window by window, up to what is stored when this begins, or to so many readings in all.

        Whatever comes in meanwhile: nothing comes twice, and nothing that was there is left out.
        """
