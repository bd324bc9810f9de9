"""A batch of readings as columns, from one topic, in the order of their positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from itertools import compress
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.halt import Halt
from core.span import BatchWay

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.int16]
Bools = npt.NDArray[np.bool_]

MOST = 3.0e38
"""No sensor reads more: what lies beyond does not fit into four bytes, in which models compute."""


class Quality(IntFlag):
    """What is doubtful about a stored reading; any flag means that it was not scored."""

    GOOD = 0
    SENSOR_MISSING = 1
    OUT_OF_RANGE = 2
    STUCK = 4
    FUTURE = 8
    LATE = 16


class Position(NamedTuple):
    """Where a message stands in Kafka."""

    topic: str
    partition: int
    offset: int


class DeadLetter(NamedTuple):
    """A message that cannot be decoded, accepted or scored, kept whole with its reason."""

    position: Position
    stage: str
    reason: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    size: int | None = None
    """Bytes of a value that was too large, and is kept in part only; None: the value is whole."""
    sha256: bytes | None = None
    """Of the whole of such a value."""

    @property
    def is_tombstone(self) -> bool:
        """A message without a value: compaction's mark that a key is gone, not a mistake."""
        return self.stage == "decode" and self.value is None


@dataclass(frozen=True, slots=True)
class PartitionRun:
    """A run of consecutive rows of a batch that came from one partition, and what the log held around them."""

    partition: int
    rows: slice
    next_offset: int
    """The next offset to read, not the last one read."""
    gaps: Sequence[tuple[int, int]]
    """Holes in the log, as (first missing offset, count): compaction, retention and transaction markers leave them."""
    dead: int
    duplicates: int
    outcomes: bytes = b""
    """Which of the newest messages up to `next_offset` became dead letters: as core.dead_letter_limit packs them."""
    halt: Halt | None = None
    """Why the partition stops at `next_offset`."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Decoded readings of one topic, shape (n,) a column; rows are ordered by partition, then offset."""

    topic: str
    partitions: Integers
    offsets: Integers
    ids: npt.NDArray[np.void]
    """UUIDs as 16 bytes each."""
    devices: Sequence[str]
    times: Integers
    """Event times, microseconds since 1970 UTC."""
    sensors: Floats
    """Shape (n, sensors) in the machine's order; NaN for absent."""
    quality: Flags
    extras: Sequence[tuple[int, bytes]]
    """(row, raw JSON object) of text fields and unknown sensors, kept but not scored."""
    runs: Sequence[PartitionRun]
    dead_letters: Sequence[DeadLetter]
    way: BatchWay | None = None
    """What it goes through, where somebody wants to know."""

    def __len__(self) -> int:
        return len(self.offsets)

    def of(self, kept: Bools) -> "Batch":
        """The batch with these rows alone, shape (n,); what its runs and dead letters account for stays the same."""
        row_of = np.concatenate([[0], np.cumsum(kept)]).tolist()
        return replace(
            self,
            partitions=self.partitions[kept],
            offsets=self.offsets[kept],
            ids=self.ids[kept],
            devices=list(compress(self.devices, kept)),
            times=self.times[kept],
            sensors=self.sensors[kept],
            quality=self.quality[kept],
            extras=[(row_of[row], raw) for row, raw in self.extras if kept[row]],
            runs=[replace(run, rows=slice(row_of[run.rows.start], row_of[run.rows.stop])) for run in self.runs],
        )

    def without(self, letters: Mapping[int, DeadLetter]) -> "Batch":
        """The batch after these rows became dead letters; every position stays accounted for."""
        kept = np.ones(len(self), dtype=np.bool_)
        kept[list(letters)] = False
        died = [int(np.count_nonzero(~kept[run.rows])) for run in self.runs]
        rest = self.of(kept)
        return replace(
            rest,
            runs=[replace(run, dead=run.dead + more) for run, more in zip(rest.runs, died, strict=True)],
            dead_letters=sorted([*self.dead_letters, *letters.values()], key=lambda letter: letter.position),
        )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(time: datetime) -> int:
    """Microseconds since 1970 UTC of an aware datetime, exact."""
    return (time - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware datetime of microseconds since 1970 UTC, exact."""
    return _EPOCH + timedelta(microseconds=micros)
