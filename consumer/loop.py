"""The main loop: what happens to readings, in the order in which it happens."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

from consumer.devices import Devices
from consumer.handover import Assigned, Ended, Handover, Item, Revoked, Work
from consumer.limit import within_limit
from consumer.models import ModelKeeper
from consumer.past import Look, Pasts
from consumer.scoring import Scorer
from consumer.silence import SilenceSweep
from core.batch import Batch, Integers, Quality
from core.errors import Fenced, ModelFailed, Unavailable
from core.incident import DeviceState, Judgement, judge
from core.machine import Machine
from core.ports import NOTHING_STORED, Claim, Model, ReadingStore, TopicPartition
from core.prediction import Predictions

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


class Scored(NamedTuple):
    """A batch with all that was concluded from it: ready to be stored."""

    machine: Machine
    batch: Batch
    devices: Integers
    model: Model
    predictions: Predictions
    judgement: Judgement
    looks: Mapping[TopicPartition, Look]


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
        self._machine_of = {topic: machine for machine in machines.values() for topic in machine.topics}
        self._readings = store
        self._models = models
        self._source = source
        self._handover = handover
        self._stopping = stopping
        self._scorer = scorer
        self._alive = alive
        self._devices = Devices(store)
        self._machines = machines
        self._pasts = Pasts()
        self._silence = SilenceSweep(store, self._pasts, self._machine_of)
        self._claims: dict[TopicPartition, Claim] = {}
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
                item = self._handover.take(_TAKE_S)
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
            self._source.stop()

    def _do(self, item: Item) -> None:
        match item:
            case Assigned():
                self._devices.forget()
                for claim in item.claims:
                    self._claims[claim.partition] = claim
                    recent = item.recent.get(claim.partition, NOTHING_STORED)
                    self._pasts.begin(claim.partition, self._machines[item.machine], recent)
            case Revoked():
                for partition in item.partitions:
                    self._claims.pop(partition, None)
                    self._pasts.end(partition)
                self._devices.forget()
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
                scored = self._score_all(work.batches)
                self._store(scored)
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
                if any(run.halt for one in scored for run in one.batch.runs):
                    self._ask_again(work.generation)  # what lies behind the halt must not be written
                return

    def _look_for_silence(self) -> None:
        try:
            self._silence.sweep(self._claims, self._handover.ends, self._models.in_service)
        except Fenced as error:
            _log.warning("fenced: %s; silence was not looked for, asking the group again", error)
            self._ask_again(self._handover.generation)

    def _ask_again(self, generation: int) -> None:
        """Write nothing of this membership in the group any more: partitions are taken over anew."""
        self._dropped = generation
        self._claims.clear()
        self._handover.rejoin.set()

    def _score_all(self, batches: Sequence[Batch]) -> Sequence[Scored]:
        scored: list[Scored] = []
        changed: dict[str, dict[int, DeviceState]] = {}
        for batch in batches:
            machine = self._machine_of[batch.topic]
            ahead = changed.setdefault(machine.name, {})  # by the machine's other topics, not committed yet
            scored.append(self._score(machine, batch, ahead))
            ahead.update(scored[-1].judgement.states)
        return scored

    def _score(self, machine: Machine, batch: Batch, ahead: Mapping[int, DeviceState]) -> Scored:
        model = self._models.in_service.get(machine.name)
        if model is None:
            raise Fenced(f"nothing serves {machine.name} any more")  # read before the fetching thread knew
        batch, predictions = self._scorer.score(machine, model, batch)
        batch, kept = within_limit(batch, partial(self._claim, batch.topic), machine.dead_letters)
        if kept is not None:
            predictions = predictions.of(kept)
        devices = self._devices.numbers(machine.name, batch.devices)
        batch, looks = self._pasts.look(batch, devices)
        predictions = predictions.only(batch.quality == Quality.GOOD)
        states = self._devices.states(machine.name)
        judgement = judge(batch, devices, predictions, {**states, **ahead} if ahead else states, machine.incident)
        return Scored(machine, batch, devices, model, predictions, judgement, looks)

    def _store(self, scored: Sequence[Scored]) -> None:
        claims = [self._claim(one.batch.topic, run.partition) for one in scored for run in one.batch.runs]
        with self._readings.begin(claims) as tx:
            for one in scored:
                tx.save(one.batch, one.devices, one.predictions)
                tx.incidents(one.batch, one.judgement, one.model)
        for one in scored:
            self._devices.remember(one.machine.name, one.judgement.states)
            self._pasts.take(one.looks)
            self._move_on(one.batch)

    def _claim(self, topic: str, partition: int) -> Claim:
        claim = self._claims.get(TopicPartition(topic, partition))
        if claim is None:
            raise Fenced(f"{topic}/{partition} is not ours")
        return claim

    def _move_on(self, batch: Batch) -> None:
        for run in batch.runs:
            partition = TopicPartition(batch.topic, run.partition)
            claim = self._claims[partition]
            self._claims[partition] = replace(claim, next_offset=run.next_offset, outcomes=run.outcomes)
            self._source.stored({partition: run.next_offset})
