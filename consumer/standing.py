"""Where each partition of ours stands, and which of them do not go on."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from core.ports.stream import TopicPartition

STALLED_S = 60.0
_MARKERS = 10
"""Offsets at the end of a log that may hold no message: each transaction leaves one that nobody ever reads."""


class Standing(NamedTuple):
    """A partition that we read."""

    stored: int
    """Everything before this offset is stored."""
    fetched: int
    """Everything before this offset was read."""
    end: int
    """Where the log ended when we last read from it."""
    behind_since: float | None = None
    """Seconds, monotonic, since when it is behind and nothing of it was stored."""

    @property
    def lag(self) -> int:
        """Messages in the log that are not stored."""
        return max(0, self.end - self.stored)

    @property
    def is_behind(self) -> bool:
        """Whether something waits that could be stored."""
        return self.fetched > self.stored or self.lag > _MARKERS


class Standings:
    """Looked at by the fetching thread once a second; read by whoever asks how we are, from other threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._stored: dict[TopicPartition, int] = {}
        self._looked_at: float | None = None
        self.partitions: Mapping[TopicPartition, Standing] = {}
        self.halted: frozenset[TopicPartition] = frozenset()
        """Ours as well, but not read."""

    def stored(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Where these partitions were taken over, or where the writer has got to; from any thread."""
        with self._lock:
            self._stored.update(offsets)

    def look(
        self,
        fetched: Mapping[TopicPartition, int],
        ends: Mapping[TopicPartition, int],
        halted: Collection[TopicPartition],
    ) -> None:
        """`fetched`: where each partition that we read goes on; `halted`: those of ours that we do not read."""
        with self._lock:
            stored = {at: self._stored.get(at, offset) for at, offset in fetched.items()}
        now = self._clock()
        self.partitions = {
            at: self._since(at, Standing(stored[at], offset, ends.get(at, offset)), now)
            for at, offset in fetched.items()
        }
        self.halted, self._looked_at = frozenset(halted), now

    def stalled(self) -> Collection[TopicPartition]:
        """Those that are behind, and of which nothing was stored for a minute."""
        border = self._clock() - STALLED_S
        return [at for at, one in self.partitions.items() if one.behind_since is not None and one.behind_since < border]

    def trouble(self) -> str:
        """Why nothing, or not everything, is being stored; empty where all goes on."""
        if self._looked_at is not None and (silent := self._clock() - self._looked_at) > STALLED_S:
            return f"the thread that reads Kafka has not come round for {silent:.0f} s"
        if self.halted:
            return f"halted: {_words(self.halted)}; decide with: ./run partitions resolve"
        if stalled := self.stalled():
            return f"messages wait, and none was stored for {STALLED_S:.0f} s: {_words(stalled)}"
        return ""

    def _since(self, at: TopicPartition, now: Standing, moment: float) -> Standing:
        if not now.is_behind:
            return now
        before = self.partitions.get(at)
        waits = before is not None and before.behind_since is not None and before.stored == now.stored
        return now._replace(behind_since=before.behind_since if before and waits else moment)


def _words(partitions: Collection[TopicPartition]) -> str:
    return ", ".join(f"{at.topic} {at.partition}" for at in sorted(partitions))
