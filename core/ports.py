"""What each part needs of another: small Protocols, wired together in `app/wiring.py`."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

import numpy as np

from core.batch import Batch, Flags, Floats, Integers
from core.errors import FaultlineError
from core.halt import Halt
from core.incident import DeviceState, Judgement
from core.machine import Machine
from core.prediction import ModelVersion, Predictions, UsualRange
from core.reply import Reply, ReplyOutcome
from core.sensor_fault import ALL_WELL, SensorJudgement, SensorState
from core.silence import NOBODY, Heard, Silence


# ── consumer ─────────────────────────────────────────────────────────────────────────────────────────────────────────
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


NOTHING_STORED = Recent((), np.empty(0, np.int64), np.empty((0, 0)), np.empty(0, np.int16), None, NOBODY)


class Packed(NamedTuple):
    """A batch's readings in the store's own form."""

    day: date
    """Under which they are kept."""
    stream: bytes


class ReadingTransaction(Protocol):
    """One transaction: all of it is stored, or nothing."""

    def save(self, batch: Batch, devices: Integers, predictions: Predictions, packed: Packed | None = None) -> None:
        """Move the batch's partitions on (compare-and-set; raises Fenced) and store its readings and dead letters.

        `packed`: what `ReadingStore.pack` made of the same three, where that was done ahead.
        """

    def incidents(
        self, batch: Batch, judgement: Judgement, model: "Model", sensors: SensorJudgement | None = None
    ) -> None:
        """Store what opened and closed, the devices' states, the alerts and who is to be told.

        `sensors`: the same of the sensors that cannot be right.
        """

    def silent_devices(self, machine: str) -> Collection[int]:
        """The machine's devices with an open incident of silence."""

    def silence(
        self, partition: TopicPartition, heard: Heard, watermark: int, silence: Silence, model: "Model"
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


class Model(Protocol):
    """A loaded, verified model version."""

    @property
    def version(self) -> ModelVersion:
        """Its name."""

    @property
    def usual(self) -> Mapping[str, UsualRange]:
        """The usual range of each sensor."""

    def predict(self, sensors: Floats) -> Predictions:
        """Predictions for rows of shape (n, sensors) in the machine's order, NaN for absent.

        A row's prediction does not depend on the others: the same bits alone and in a batch.
        """


class ModelSource(Protocol):
    """Where verified models come from."""

    def load(self, machine: Machine, version: ModelVersion) -> Model:
        """The version, verified before a byte of it is unpickled. Raises ModelRefused or Unavailable."""

    def last_good(self, machine: Machine) -> Model | None:
        """The last version that was verified and cached here, verified again; for when servers are down."""


class PromotionLog(Protocol):
    """Who is champion."""

    def champion(self, machine: str) -> ModelVersion | None:
        """The version in service; None before the first promotion."""

    def record_load(self, machine: str, version: ModelVersion, outcome: str, reason: str = "") -> None:
        """Note what became of a version in this process: `loaded`, `refused` or (it failed in service) `withdrawn`."""

    def withdrawn(self, version: ModelVersion) -> str | None:
        """Why some process took the version out of service since it was promoted; None: nobody did."""


class Notices(Protocol):
    """Wakes those who wait for work in the database."""

    def wait(self, seconds: float) -> bool:
        """True as soon as a notice came; False after that many seconds, also while the database is away."""


# ── alerts ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class Button(NamedTuple):
    """A button under a message: what it says and the callback data (at most 64 bytes) it sends back."""

    text: str
    data: str


class Rendered(NamedTuple):
    """A message ready to send: HTML text, cut safely, and its buttons in rows."""

    text: str
    buttons: Sequence[Sequence[Button]] = ()
    photo: bytes | None = None
    """A PNG above the text, which has 1024 characters then; it rings nobody."""


class Notifier(Protocol):
    """One channel to people. Raises NotSent, SendUnclear, Undeliverable, ChatMoved or Unauthorised."""

    async def send(self, address: str, message: Rendered, reply_to: str | None = None) -> str:
        """Send and return the channel's reference to the message."""

    async def edit(self, address: str, reference: str, message: Rendered) -> None:
        """Replace a message that was sent; the same edit twice is the same as once."""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message claimed for sending: what it is about, not its words."""

    id: int
    channel: str
    address: str
    kind: str
    """`alert`, `again` (one that is worse, or that nobody answered), `answered` and `explained` (edits of either),
    `chart` (an alert's picture), `digest` (several alerts in one, or an edit of that), `receipt` (what became of a
    reply), `told` (what it asked for), `unshelved` (an alert that goes on after its device's shelf), `text` (words, in
    the body)."""
    alert: int | None
    body: Mapping[str, object]
    edits: str | None
    """The reference of the message to edit; None: a new message."""
    replies_to: str | None
    """The reference of the message in the chat that this one replies to."""
    zone: str
    """The reader's time zone."""
    tries: int
    """This one included: with the id it names the lease."""
    possible_repeat: bool
    """An earlier try may have arrived."""


class Outbox(Protocol):
    """Messages to send, stored before they are sent. One in flight a chat, oldest first, leases on database time.

    All methods raise Unavailable.
    """

    def claim(self, channels: Sequence[str], worker: str) -> OutboxMessage | None:
        """The next message that may be sent now, leased to this worker; None when there is none."""

    def due(self, channels: Sequence[str]) -> float | None:
        """Seconds until `claim` may find a message; None: none waits."""

    def sent(self, message: OutboxMessage, reference: str) -> None:
        """It arrived, and the channel calls it `reference`."""

    def failed(self, message: OutboxMessage, error: FaultlineError) -> None:
        """It did not, or perhaps not, or never will: NotSent, SendUnclear, Undeliverable, ChatMoved, Unauthorised."""


class Retellings(Protocol):
    """Alerts that people must hear of again: they became worse, or nobody answers."""

    def queue(self) -> int:
        """Put them into the outbox, each once, whoever else looks; how many. Raises Unavailable."""


class Inbox(Protocol):
    """Updates received, each stored before it is acted on. Both methods raise Unavailable."""

    def cursor(self, bot: str) -> int | None:
        """The next update to ask for; None: ask without one."""

    def accept(self, bot: str, reply: Reply) -> ReplyOutcome:
        """Store the update, its meaning (label, edits, receipt) and the cursor at once; a repeat changes nothing."""
