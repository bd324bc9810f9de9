"""What the consumer needs: where partitions stand, and the store of readings and offsets."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

import numpy as np

from core.batch import Batch, Flags, Floats, Integers
from core.halt import Halt
from core.incident import DeviceState, Judgement
from core.ports.models import Model
from core.prediction import Predictions
from core.sensor_fault import ALL_WELL, SensorJudgement, SensorState
from core.silence import NOBODY, Heard, Silence


class TopicPartition(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class LogBounds:
    """What Kafka says of a partition: its topic's immutable id, the oldest offset it holds, the next it will write."""

    topic_id: str
    low: int
    high: int
    ordered: bool = True
    """Whether a device's readings come in order; not so where several partitions have a key that says nothing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Our right to write a partition's results: the offset to go on from, good while nobody raised the epoch."""

    partition: TopicPartition
    next_offset: int
    epoch: int
    outcomes: bytes = b""
    """Which of the newest messages before `next_offset` became dead letters: as core.dead_letter_limit packs them."""
    lenient_until: int = 0
    """Messages before this offset do not count towards the limit of dead letters: a person accepted them."""


class Acquired(NamedTuple):
    """What became of the partitions that were to be taken over."""

    claims: Sequence[Claim]
    """Of those that go on."""
    halted: Mapping[TopicPartition, Halt]
    """Those that must not be read until a person decides."""


class KnownDevice(NamedTuple):
    """A device's number in the database and what is remembered of it."""

    id: int
    state: DeviceState
    sensors: SensorState = ALL_WELL


class Recent(NamedTuple):
    """The newest stored readings of a partition, newest first: what its next readings are held against."""

    ids: Sequence[bytes]
    """16 bytes each; where the topic was made anew, those of the older one come last."""
    devices: Integers
    """Shape (n,): numbers; of this topic alone, as are the columns that follow."""
    sensors: Floats
    """Shape (n, sensors)."""
    quality: Flags
    watermark: int | None
    """The newest event time that was ever stored here and is not in the future, µs since 1970 UTC."""
    heard: Heard
    """All devices that were heard here, where the machine asks for silence; else nobody."""
    names: Mapping[int, str] = {}
    """Of the devices."""


NOTHING_STORED = Recent((), np.empty(0, np.int64), np.empty((0, 0)), np.empty(0, np.int16), None, NOBODY)


class Packed(NamedTuple):
    """A batch's readings in the store's own form."""

    day: date
    """Under which they are kept."""
    stream: bytes
    shadow: bytes = b""
    """What the version in the shadow says of them; empty: there is none."""


class ReadingTransaction(Protocol):
    """One transaction: all of it is stored, or nothing."""

    def save(self, batch: Batch, devices: Integers, predictions: Predictions, packed: Packed | None = None) -> None:
        """Move the batch's partitions on (compare-and-set; raises Fenced) and store its readings and dead letters.

        `packed`: what `ReadingStore.pack` made of the same three, where that was done ahead.
        """

    def incidents(
        self, batch: Batch, judgement: Judgement, model: Model, sensors: SensorJudgement | None = None
    ) -> None:
        """Store what opened and closed, the devices' states, the alerts and who is to be told.

        `sensors`: the same of the sensors that cannot be right.
        """

    def silent_devices(self, machine: str) -> Collection[int]:
        """The machine's devices with an open incident of silence."""

    def silence(
        self, partition: TopicPartition, heard: Heard, watermark: int, silence: Silence, model: Model
    ) -> Integers:
        """Save who was heard in a claimed partition (raises Fenced), and store who fell silent and who speaks again.

        Gives back the devices that speak in another partition by now: they are not silent, but gone from this one.
        """


class ReadingStore(Protocol):
    """Where results and offsets live, together."""

    def acquire(self, machine: str, bounds: Mapping[TopicPartition, LogBounds]) -> Acquired:
        """Take the partitions over: raises their owner epochs; halts where going on would lose or double readings.

        A partition stays halted, whatever Kafka says later, until a person decided. Engineers are told once of each
        halt, and of each gap that Kafka's retention tore.
        """

    def devices(self, machine: str, names: Sequence[str]) -> Mapping[str, KnownDevice]:
        """The devices of these names, registered where they are new."""

    def recent(self, partition: TopicPartition, count: int) -> Recent:
        """The newest stored readings of a partition that is ours. Raises Unavailable."""

    def pack(self, batch: Batch, devices: Integers, predictions: Predictions) -> Packed:
        """What a transaction would make of them first; may be called while another thread stores."""

    def begin(self, claims: Sequence[Claim]) -> AbstractContextManager[ReadingTransaction]:
        """A transaction under these claims. Raises Fenced or Unavailable; when it returns, all of it is committed.

        Where the answer to COMMIT is lost, asks the database what became of it before it raises.
        """


class Halts(Protocol):
    """Which partitions are halted."""

    def among(self, partitions: Collection[TopicPartition]) -> Collection[TopicPartition]:
        """Those of these partitions that are halted still. Raises Unavailable."""
