"""Storing in a thread of its own: what comes next is concluded while this is being stored."""

import logging
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from consumer.batch_way import stage
from consumer.handover import Handover
from consumer.holdings import Conclusion
from consumer.meter import Meter
from core.errors import Fenced, Unavailable
from core.ports.stream import Claim, Packed, ReadingStore, TopicPartition

_log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 5.0


class Storing:
    """Stores works in their order, one transaction each; what cannot be stored voids all that was concluded from it."""

    def __init__(
        self,
        store: ReadingStore,
        handover: Handover,
        stopping: threading.Event,
        stored: Callable[[Mapping[TopicPartition, int]], None],
        alive: Callable[[], None],
        meter: Meter,
    ) -> None:
        """`stored` is told where partitions go on; `alive` is called each time that a transaction is tried."""
        self._store = store
        self._handover = handover
        self._stopping = stopping
        self._stored = stored
        self._alive = alive
        self._meter = meter
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._under_way: Future[None] | None = None
        self.dropped = -1
        """Works of this generation and of older ones are not stored any more."""

    def begin(self, generation: int, claims: Sequence[Claim], conclusions: Sequence[Conclusion]) -> None:
        """Store a work of this generation as soon as the one before it is stored: waits for that one, not for this."""
        packed = [self._store.pack(one.batch, one.devices, one.predictions) for one in conclusions]
        self.finish()
        self._under_way = self._thread.submit(self._patiently, generation, claims, conclusions, packed)

    def finish(self) -> None:
        """Wait until nothing is under way: all is stored, or dropped."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    def drop(self, generation: int) -> None:
        """Store nothing more of this generation: its offsets do not move, and whoever comes next reads it again."""
        self.dropped = max(self.dropped, generation)

    def may_store(self, generation: int) -> bool:
        """Whether works of this generation are ours to store."""
        return generation > self.dropped and generation == self._handover.generation

    def stop(self) -> None:
        """Store nothing more, also of what waits for the database."""
        self.drop(sys.maxsize)
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _patiently(
        self, generation: int, claims: Sequence[Claim], conclusions: Sequence[Conclusion], packed: Sequence[Packed]
    ) -> None:
        """While the database is away, wait and try again, losing nothing."""
        pause = 0.1
        try:
            while self.may_store(generation):
                self._alive()
                try:
                    self._store_all(claims, conclusions, packed)
                except Unavailable as error:
                    _log.warning("%s; trying again in %.1f s", error, pause)
                    if self._stopping.wait(pause):
                        break
                    pause = min(2 * pause, LONGEST_PAUSE_S)
                except Fenced as error:
                    _log.warning("fenced: %s; nothing was written, asking the group again", error)
                    self._meter.fenced()
                    self._handover.rejoin.set()
                    break
                else:
                    return
            self.drop(generation)
        finally:
            self._handover.slot_free()

    def _store_all(self, claims: Sequence[Claim], conclusions: Sequence[Conclusion], packed: Sequence[Packed]) -> None:
        on_their_way = stage("store", [one.batch for one in conclusions])
        with self._meter.stage("store"), on_their_way, self._store.begin(claims) as tx:
            for one, its in zip(conclusions, packed, strict=True):
                tx.save(one.batch, one.devices, one.predictions, its)
                tx.incidents(one.batch, one.judgement, one.model, one.sensors)
        for one in conclusions:
            if one.batch.way is not None:
                one.batch.way.stored()
            self._meter.stored(one.machine, one.batch, one.predictions)
            topic = one.batch.topic
            self._stored({TopicPartition(topic, run.partition): run.next_offset for run in one.batch.runs})
