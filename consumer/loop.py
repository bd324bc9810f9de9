"""The main loop: what happens to readings, in the order in which it happens."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from consumer.ahead import ScoringAhead, Shadow
from consumer.handover import Assigned, Ended, Handover, Item, Revoked, Work
from consumer.holdings import Holdings
from consumer.meter import Meter, Unmetered
from consumer.models import ModelKeeper
from consumer.scoring import Scorer
from consumer.silence import FollowLook
from consumer.storing import LONGEST_PAUSE_S, Storing
from core.errors import Fenced, ModelFailed, Unavailable
from core.machine import Machine
from core.ports.stream import ReadingStore, TopicPartition

_log = logging.getLogger(__name__)

_TAKE_S = 0.05


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
        shadow: Shadow = lambda *_: None,
        meter: Meter | None = None,
        follow_look: FollowLook = lambda _: None,
    ) -> None:
        """`alive` is called each time that the loop comes round, and by a wait for the database each time it tries."""
        machine_of = {topic: machine for machine in machines.values() for topic in machine.topics}
        self._models = models
        self._source = source
        self._handover = handover
        self._stopping = stopping
        self._alive = alive
        self._meter = meter or Unmetered()
        self._scoring = ScoringAhead(scorer, machine_of, lambda: models.in_service, shadow, self._meter)
        self._holdings = Holdings(machines, store, follow_look)
        self._storing = Storing(store, handover, stopping, source.stored, alive, self._meter)
        self._next: Item | None = None
        self._void = -1
        """What was concluded in this generation and in older ones is not held any more."""

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
                    return self._end(item)
                if item is not None:
                    self._do(item)
                self._look_for_silence()
        finally:
            self._handover.abandoned.set()
            self._models.stop()
            self._scoring.stop()
            self._storing.stop()
            self._source.stop()

    def _take(self) -> Item | None:
        item, self._next = self._next, None
        return item or self._handover.take(_TAKE_S)

    def _score_next(self) -> None:
        """Let what comes next be scored meanwhile."""
        self._next = self._next or self._handover.take(0)
        if isinstance(self._next, Work):
            self._scoring.begin(self._next)

    def _do(self, item: Assigned | Revoked | Work) -> None:
        match item:
            case Assigned():
                self._settle()
                self._holdings.begin(item)
            case Revoked():
                self._settle()
                self._holdings.end(item)
                item.written.set()
            case Work():
                if not self._begin_to_store(item):
                    self._handover.slot_free()

    def _begin_to_store(self, work: Work) -> bool:
        """Conclude from a work what there is to store; whether it is on its way. Waits patiently for what is away."""
        pause = 0.1
        while self._storing.may_store(work.generation):
            self._alive()
            try:
                scored = self._scoring.of(work)
                self._score_next()
                with self._meter.stage("conclude"):
                    conclusions = self._holdings.conclude(scored)
                claims = self._holdings.claims(conclusions)
            except Unavailable as error:
                _log.warning("%s; trying again in %.1f s", error, pause)
                if self._stopping.wait(pause):
                    self._storing.drop(work.generation)
                pause = min(2 * pause, LONGEST_PAUSE_S)
            except ModelFailed as error:
                if not self._models.withdraw(error):
                    self._source.leave(error.version.machine)
                    self._ask_again(work.generation)
            except Fenced as error:
                _log.warning("fenced: %s; nothing was written, asking the group again", error)
                self._meter.fenced()
                self._ask_again(work.generation)
            else:
                self._holdings.take(conclusions)
                self._storing.begin(work.generation, claims, conclusions)
                if any(one.is_cut for one in conclusions):
                    self._ask_again(work.generation)  # what lies behind must not be written
                return True
        return False

    def _look_for_silence(self) -> None:
        if not self._holdings.is_silence_due():
            return
        self._settle()
        try:
            self._holdings.look_for_silence(self._handover.ends, self._models.in_service)
        except Fenced as error:
            _log.warning("fenced: %s; silence was not looked for, asking the group again", error)
            self._meter.fenced()
            self._ask_again(self._handover.generation)

    def _ask_again(self, generation: int) -> None:
        """Write nothing of this membership in the group any more: partitions are taken over anew."""
        self._storing.finish()
        self._storing.drop(generation)
        self._settle()
        self._handover.rejoin.set()

    def _settle(self) -> None:
        """Wait until what we hold is what is stored; where something was dropped, nothing is ours any more."""
        self._storing.finish()
        if self._storing.dropped > self._void:
            self._void = self._storing.dropped
            self._holdings.drop()

    def _end(self, ended: Ended) -> None:
        self._storing.finish()
        if ended.error is not None:
            raise ended.error
