"""Concurrent single readings scored together: what comes while the model works is its next batch."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from core.answered_rows import AnsweredRows, doubts
from core.batch import Floats
from core.machine import Machine
from core.ports.models import Model
from core.prediction import Predictions, joined

_log = logging.getLogger(__name__)

_CHUNK = 256
"""Rows that a large request has scored in one go: single readings get their turn in between."""
_MOST_WAITING = 200_000
"""Rows that may wait; whoever comes then is to try again."""
_CANNOT = "the model cannot score this reading"


class Overloaded(Exception):  # named for what the caller must do
    """Try again: too much waits, or the model takes too long."""


class NoModel(Exception):  # as above
    """No model serves the machine here."""


@dataclass(frozen=True, slots=True)
class _Answer:
    model: Model
    predictions: Predictions


@dataclass(slots=True)
class _Waiting:
    rows: Floats
    answer: asyncio.Future[_Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class MicroBatcher:
    """Scores rows of any machine on one thread, each with the model that serves at that moment."""

    def __init__(self, in_service: Callable[[], Mapping[str, Model]], limit_s: float) -> None:
        """`in_service` is asked between two batches, on the scoring thread. `limit_s`: who waits longer is told so."""
        self._in_service = in_service
        self._limit_s = limit_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scoring")
        self._waiting: dict[str, list[_Waiting]] = {}
        self._rows_waiting = 0
        self._working: asyncio.Task[None] | None = None
        self.batches = 0
        """Handed to a model so far."""

    async def score(self, machine: Machine, sensors: Floats) -> AnsweredRows:
        """Rows of shape (n, sensors) with NaN for absent, scored by one version. Raises NoModel, Overloaded."""
        problems = doubts(machine, sensors)
        answers = await self._scored(machine, sensors)
        model = answers[0].model
        predictions = joined([answer.predictions for answer in answers])
        for row in np.flatnonzero(np.isnan(predictions.scores)).tolist():
            problems[row] = problems[row] or [_CANNOT]
        good = np.array([not found for found in problems], dtype=np.bool_)
        return AnsweredRows(model, sensors, predictions.only(good), problems)

    async def refresh(self) -> None:
        """Ask who serves, between two batches. Raises what that raises."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._in_service)

    async def _scored(self, machine: Machine, sensors: Floats) -> list[_Answer]:
        while True:
            chunks = [sensors[start : start + _CHUNK] for start in range(0, max(1, len(sensors)), _CHUNK)]
            answers = [await self._one(machine.name, chunk) for chunk in chunks]
            if len({answer.model.version for answer in answers}) == 1:
                return answers  # else a model was swapped in between, and an answer never mixes versions

    async def _one(self, machine: str, rows: Floats) -> _Answer:
        if self._rows_waiting + len(rows) > _MOST_WAITING:
            raise Overloaded("too many readings wait to be scored")
        waiting = _Waiting(rows)
        self._waiting.setdefault(machine, []).append(waiting)
        self._rows_waiting += len(rows)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        try:
            return await asyncio.wait_for(waiting.answer, self._limit_s)
        except TimeoutError as error:
            raise Overloaded(f"the model did not answer within {self._limit_s:g} s") from error

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            machine = next(iter(self._waiting))  # the one that waits longest
            together = self._waiting.pop(machine)
            self._rows_waiting -= sum(len(one.rows) for one in together)
            self.batches += 1
            try:
                answers = await loop.run_in_executor(self._thread, self._answers, machine, [w.rows for w in together])
            except Exception as error:  # noqa: BLE001  # it belongs to those who wait for it
                for one in together:
                    if not one.answer.done():
                        one.answer.set_exception(error)
                continue
            for one, answer in zip(together, answers, strict=True):
                if not one.answer.done():  # who waited too long has gone
                    one.answer.set_result(answer)

    def _answers(self, machine: str, parts: Sequence[Floats]) -> list[_Answer]:
        model = self._in_service().get(machine)
        if model is None:
            raise NoModel(machine)
        whole = _predicted(model, np.concatenate(parts))
        edges = np.cumsum([0, *map(len, parts)]).tolist()
        return [_Answer(model, whole.of(slice(start, end))) for start, end in pairwise(edges)]


def _predicted(model: Model, sensors: Floats) -> Predictions:
    """One row that breaks the model costs its neighbours nothing: it has no score."""
    try:
        return model.predict(sensors)
    except Exception as error:  # noqa: BLE001  # a model may fail in any way
        if len(sensors) == 1:
            _log.warning("%s cannot score a reading (%s: %s)", model.version, type(error).__name__, error)
            unscored = np.full(1, np.nan)
            return Predictions(model.version, unscored, np.zeros(1, np.int16), np.zeros(1, np.bool_))
    middle = len(sensors) // 2
    return joined([_predicted(model, half) for half in (sensors[:middle], sensors[middle:])])
