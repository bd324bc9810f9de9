"""Scoring in a thread of its own: the next work is scored while this one is being stored."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

from consumer.batch_way import stage
from consumer.handover import Work
from consumer.meter import Meter, Unmetered
from consumer.scoring import Scorer
from core.batch import Batch, Quality
from core.errors import Fenced
from core.machine import Machine
from core.ports.models import Model
from core.prediction import Predictions

Shadow = Callable[[Machine, Batch], Predictions | None]
"""What the version in the machine's shadow says of a batch; None: there is none."""


class ScoredBatch(NamedTuple):
    """A batch with the predictions of one model version."""

    machine: Machine
    model: Model
    batch: Batch
    predictions: Predictions


class ScoringAhead:
    """Scores works, one at a time, in the order in which they are asked for."""

    def __init__(
        self,
        scorer: Scorer,
        machine_of: Mapping[str, Machine],
        in_service: Callable[[], Mapping[str, Model]],
        shadow: Shadow = lambda *_: None,
        meter: Meter | None = None,
    ) -> None:
        """`machine_of`: by topic; `in_service`: the models of now, by machine."""
        self._scorer = scorer
        self._machine_of = machine_of
        self._in_service = in_service
        self._shadow = shadow
        self._meter = meter or Unmetered()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="score")
        self._begun: tuple[Work, Future[Sequence[ScoredBatch]]] | None = None

    def begin(self, work: Work) -> None:
        """Score this work from now on, and let the caller go on."""
        if self._begun is None or self._begun[0] is not work:
            self._begun = work, self._thread.submit(self._score, work.batches)

    def of(self, work: Work) -> Sequence[ScoredBatch]:
        """The work's batches, scored. Raises ModelFailed, Fenced where no model serves, Unavailable.

        What failed ahead of time is scored again now: another model may serve by now, or Kafka answer.
        """
        begun, self._begun = self._begun, None
        if begun is not None and begun[0] is work and begun[1].exception() is None:
            return begun[1].result()
        return self._thread.submit(self._score, work.batches).result()

    def stop(self) -> None:
        """Score nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _score(self, batches: Sequence[Batch]) -> Sequence[ScoredBatch]:
        models = self._in_service()
        scored = []
        for batch in batches:
            machine = self._machine_of[batch.topic]
            if (model := models.get(machine.name)) is None:
                raise Fenced(f"nothing serves {machine.name} any more")  # read before the fetching thread knew
            with self._meter.stage("score"), stage("score", [batch]):
                rest, predictions = self._scorer.score(machine, model, batch)
            shadow = self._shadow(machine, rest)
            if shadow is not None:
                predictions = replace(predictions, shadow=shadow.only(rest.quality == Quality.GOOD))
            scored.append(ScoredBatch(machine, model, rest, predictions))
        return scored
