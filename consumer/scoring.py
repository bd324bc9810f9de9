"""Scoring: a reading that crashes the model becomes a dead letter and costs its neighbours nothing."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import numpy as np

from consumer.bisection import Reasons, described, isolate, unusable
from consumer.peek import Whole
from core.batch import Batch, DeadLetter, Floats, Position, Quality
from core.errors import ModelFailed, Unavailable
from core.machine import Machine
from core.ports.models import Model
from core.ports.stream import TopicPartition
from core.prediction import ModelVersion, Predictions

_FEW = 10
_SHARE = 200
"""More failures in a batch than a few, and than one reading in so many, are the model's fault and not the readings'."""


class Scored(NamedTuple):
    """What is left of a batch, with its predictions."""

    batch: Batch
    predictions: Predictions


class Scorer:
    """Scores batches, and isolates what cannot be scored."""

    def __init__(
        self,
        messages_at: Callable[[Sequence[Position]], Sequence[Whole | None]],
        watched: Callable[[ModelVersion], AbstractContextManager[None]],
        forget: Callable[[TopicPartition, bytes], None],
    ) -> None:
        """`messages_at` reads from Kafka again what becomes a dead letter: a batch does not carry its messages.

        `watched` is entered while a model scores. `forget` takes an id out of the window of duplicates: the reading
        was not stored, and may come again.
        """
        self._messages_at = messages_at
        self._watched = watched
        self._forget = forget

    def score(self, machine: Machine, model: Model, batch: Batch) -> Scored:
        """The batch with its predictions; without the readings that this model cannot score, dead letters from now on.

        Raises ModelFailed where it is the model that is broken, Unavailable where Kafka does not answer.
        """
        good = batch.quality == Quality.GOOD
        try:
            predictions = self._predict(model, batch.sensors)
            reasons = unusable(predictions.scores, np.flatnonzero(good))
        except Exception as error:  # noqa: BLE001  # a model may fail in any way
            reasons = {0: described(error)}
        if not reasons:
            return Scored(batch, predictions.only(good))
        self._require_fit(machine, model, reasons)
        most = max(_FEW, len(batch) // _SHARE)
        predictions, reasons = isolate(
            model.version, lambda rows: self._predict(model, rows), batch.sensors, np.flatnonzero(good), most
        )
        return self._without(batch, predictions, reasons)

    def _predict(self, model: Model, sensors: Floats) -> Predictions:
        with self._watched(model.version):
            predictions = model.predict(sensors)
        if predictions.scores.shape != (len(sensors),):
            raise ValueError(f"{len(predictions.scores)} scores for {len(sensors)} readings")
        return predictions

    def _require_fit(self, machine: Machine, model: Model, reasons: Reasons) -> None:
        """Raises ModelFailed where the model cannot even score a reading from the middle of every usual range."""
        middles = {name: usual.middle for name, usual in model.usual.items()}
        usual = [middles.get(sensor.name, sum(sensor.usual) / 2) for sensor in machine.sensors]
        try:
            fit = bool(np.isfinite(self._predict(model, np.array([usual])).scores).all())
        except (MemoryError, OSError) as error:
            raise Unavailable(f"this machine cannot score at the moment ({described(error)})") from error
        except Exception:  # noqa: BLE001  # a model may fail in any way
            fit = False
        if not fit:
            raise ModelFailed(model.version, f"cannot score even a usual reading ({next(iter(reasons.values()))})")

    def _without(self, batch: Batch, predictions: Predictions, reasons: Reasons) -> Scored:
        rows = sorted(reasons)
        positions = [Position(batch.topic, int(batch.partitions[row]), int(batch.offsets[row])) for row in rows]
        letters: dict[int, DeadLetter] = {}
        for row, position, whole in zip(rows, positions, self._messages_at(positions), strict=True):
            letters[row] = _letter(position, f"{predictions.version}: {reasons[row]}", whole)
            self._forget(TopicPartition(position.topic, position.partition), batch.ids[row].tobytes())
        kept = np.ones(len(batch), dtype=np.bool_)
        kept[rows] = False
        return Scored(batch.without(letters), predictions.of(kept))


def _letter(position: Position, reason: str, whole: Whole | None) -> DeadLetter:
    if whole is None:
        return DeadLetter(position, "score", f"{reason} (the message is not in the log any more)", None, None, ())
    return DeadLetter(position, "score", reason, *whole)
