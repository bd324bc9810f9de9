"""What the fetching thread hands to the writing thread, in order.

Assignments, revocations and batches travel through one queue, so that the writer meets them in the order in which they
happened and needs no lock. A generation is a membership in the group: once it is lost, nothing it read may be written.
"""

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.batch import Batch
from core.ports.stream import Claim, Recent, TopicPartition

AHEAD = 3
"""Works between fetching and COMMIT, one being written, one scored, one decoded: bounds memory and what a revocation
waits for."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """These partitions are ours from these offsets on."""

    generation: int
    machine: str
    claims: Sequence[Claim]
    recent: Mapping[TopicPartition, Recent] = field(default_factory=dict)
    """What is stored of them; a partition that is not named is empty."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """These partitions go to somebody else as soon as `written` is set: all that was read of them is stored."""

    generation: int
    partitions: Sequence[TopicPartition]
    written: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Work:
    """Decoded batches, one a topic, to be stored in one transaction."""

    generation: int
    batches: Sequence[Batch]


@dataclass(frozen=True, slots=True)
class Ended:
    """The fetching thread has ended; with the error that ended it, if one did."""

    error: BaseException | None = None


Item = Assigned | Revoked | Work | Ended


class Handover:
    """The queue between the two threads, and what they tell each other besides."""

    def __init__(self) -> None:
        # No SimpleQueue: a signal that is handled as its timeout passes makes its `get` wait for ever (CPython 3.11).
        self._items: queue.Queue[Item] = queue.Queue()
        self._slots = threading.Condition()
        self._under_way = 0
        self.generation = 0
        self.rejoin = threading.Event()
        """Set by the writer when it was fenced: ask the group for partitions again."""
        self.ends: Mapping[TopicPartition, int] = {}
        """Where the logs of the partitions ended when we last read from them."""
        self.abandoned = threading.Event()
        """Set when the writer is gone: nobody writes any more."""

    def put(self, item: Item) -> None:
        """Hand an item over; never blocks."""
        self._items.put(item)

    def take(self, seconds: float) -> Item | None:
        """The next item; None when none came in time."""
        try:
            return self._items.get(timeout=seconds)
        except queue.Empty:
            return None

    def may_fetch(self, seconds: float, *, ahead: bool = True) -> bool:
        """Whether the writer is ready for another work: waits for a free slot that long and takes it.

        Not `ahead`: only once nothing is under way any more.
        """
        with self._slots:
            most = AHEAD if ahead else 1
            ready = self._slots.wait_for(lambda: self._under_way < most, seconds)
            self._under_way += ready
            return ready

    def slot_free(self) -> None:
        """Give a slot back: its work was written or dropped, or nothing was fetched."""
        with self._slots:
            self._under_way -= 1
            self._slots.notify()

    def wait_until_written(self, revoked: Revoked, seconds: float) -> bool:
        """Whether all that was read of revoked partitions is stored; gives up in time, and with the loop."""
        deadline = time.monotonic() + seconds
        while not revoked.written.wait(0.05):
            if self.abandoned.is_set() or time.monotonic() > deadline:
                return False
        return True

    def new_generation(self) -> None:
        """What was handed over so far must not be written any more."""
        self.generation += 1
