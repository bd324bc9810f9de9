"""The main loop: what happens to readings, in the order in which it happens."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from consumer.ahead import ScoringAhead
from consumer.handover import Assigned, Ended, Handover, Item, Revoked, Work
from consumer.holdings import Conclusion, Holdings
from consumer.models import ModelKeeper
from consumer.scoring import Scorer
from core.errors import Fenced, ModelFailed, Unavailable
from core.machine import Machine
from core.ports import ReadingStore, TopicPartition

_log = logging.getLogger(__name__)

_TAKE_S = 0.05
_LONGEST_PAUSE_S = 5.0


class Source(Protocol):
    """The fetching thread, as the loop sees it."""

    def start(self) -> None:
        """Begin to fetch."""

    def read(self, machine: Machine) -> None:
        """Read this machine's topics as well."""

    def leave(self, machine: str) -> None:
        """Read this machine's topics no more, until `read` names it again."""

    def stored(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Everything before these offsets is stored."""

    def stop(self) -> None:
        """Give the partitions back once all is written, then say Ended."""


class Loop:
    """Scores and stores what the fetching thread hands over, until it is told to stop."""

    def __init__(
        self,
        machines: Mapping[str, Machine],
        store: ReadingStore,
        models: ModelKeeper,
        source: Source,
        handover: Handover,
        stopping: threading.Event,
        scorer: Scorer,
        alive: Callable[[], None],
    ) -> None:
        """`alive` is called each time that the loop comes round, and by a wait for the database each time it tries."""
        machine_of = {topic: machine for machine in machines.values() for topic in machine.topics}
        self._readings = store
        self._models = models
        self._source = source
        self._handover = handover
        self._stopping = stopping
        self._alive = alive
        self._scoring = ScoringAhead(scorer, machine_of, lambda: models.in_service)
        self._holdings = Holdings(machines, store)
        self._next: Item | None = None
        self._dropped = -1
        """Works of this generation and of older ones are not written any more."""

    def run(self) -> None:
        """Consume until told to stop; then what was read is stored and partitions are given back.

        Raises what ended the fetching thread, such as Unavailable where Kafka cannot be used.
        """
        self._models.start()
        self._source.start()
        try:
            while True:
                self._alive()
                self._models.swap(self._source.read)
                if self._stopping.is_set():
                    self._source.stop()
                item = self._take()
                if isinstance(item, Ended):
                    if item.error is not None:
                        raise item.error
                    return
                if item is not None:
                    self._do(item)
                self._look_for_silence()
        finally:
            self._handover.abandoned.set()
            self._models.stop()
            self._scoring.stop()
            self._source.stop()

    def _take(self) -> Item | None:
        item, self._next = self._next, None
        return item or self._handover.take(_TAKE_S)

    def _score_next(self) -> None:
        """Let what comes next be scored meanwhile."""
        self._next = self._next or self._handover.take(0)
        if isinstance(self._next, Work):
            self._scoring.begin(self._next)

    def _do(self, item: Item) -> None:
        match item:
            case Assigned():
                self._holdings.begin(item)
            case Revoked():
                self._holdings.end(item)
                item.written.set()
            case Work():
                self._write(item)
                self._handover.slot_free()

    def _write(self, work: Work) -> None:
        """Store a work in one transaction; while the database is away, wait and try again, losing nothing."""
        pause = 0.1
        while work.generation > self._dropped and work.generation == self._handover.generation:
            self._alive()
            try:
                scored = self._scoring.of(work)
                self._score_next()
                conclusions = self._holdings.conclude(scored)
                self._store(conclusions)
            except Unavailable as error:
                _log.warning("%s; trying again in %.1f s", error, pause)
                if self._stopping.wait(pause):
                    self._dropped = work.generation  # its offsets did not move: whoever comes next reads it again
                pause = min(2 * pause, _LONGEST_PAUSE_S)
            except ModelFailed as error:
                if not self._models.withdraw(error):
                    self._source.leave(error.version.machine)
                    self._ask_again(work.generation)
            except Fenced as error:
                _log.warning("fenced: %s; nothing was written, asking the group again", error)
                self._ask_again(work.generation)
            else:
                if any(run.halt for one in conclusions for run in one.batch.runs):
                    self._ask_again(work.generation)  # what lies behind the halt must not be written
                return

    def _look_for_silence(self) -> None:
        try:
            self._holdings.look_for_silence(self._handover.ends, self._models.in_service)
        except Fenced as error:
            _log.warning("fenced: %s; silence was not looked for, asking the group again", error)
            self._ask_again(self._handover.generation)

    def _ask_again(self, generation: int) -> None:
        """Write nothing of this membership in the group any more: partitions are taken over anew."""
        self._dropped = generation
        self._holdings.drop()
        self._handover.rejoin.set()

    def _store(self, conclusions: Sequence[Conclusion]) -> None:
        with self._readings.begin(self._holdings.claims(conclusions)) as tx:
            for one in conclusions:
                tx.save(one.batch, one.devices, one.predictions)
                tx.incidents(one.batch, one.judgement, one.model)
        self._holdings.stored(conclusions)
        for one in conclusions:
            self._source.stored(
                {TopicPartition(one.batch.topic, run.partition): run.next_offset for run in one.batch.runs}
            )
