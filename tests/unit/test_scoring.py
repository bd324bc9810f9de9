"""What a model cannot score is isolated; what is the model's own fault is never blamed on the readings."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import fields, replace

import numpy as np
import pytest

from consumer.bisection import isolate
from consumer.peek import Whole
from consumer.scoring import Scorer
from core.batch import Batch, DeadLetter, Floats, PartitionRun, Position, Quality
from core.errors import ModelFailed, Unavailable
from core.ports.stream import TopicPartition
from core.prediction import ModelVersion, Predictions
from tests.builders import HotIsFaulty, a_batch, a_machine

PRESS = a_machine()
CRASHES = 13.0


class Fragile(HotIsFaulty):
    """Fails on any batch that holds a reading of 13 °C."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__(7)
        self.failure = failure or ZeroDivisionError("thirteen")
        self.calls = 0

    def predict(self, sensors: Floats) -> Predictions:
        self.calls += 1
        if (sensors[:, 0] == CRASHES).any():
            raise self.failure
        return super().predict(sensors)


class NotANumber(HotIsFaulty):
    """Has no probability for 13 °C."""

    def predict(self, sensors: Floats) -> Predictions:
        found = super().predict(sensors)
        return replace(found, scores=np.where(sensors[:, 0] == CRASHES, np.nan, found.scores))


class Broken(HotIsFaulty):
    """Does what each test asks of it."""

    def __init__(self, act: Callable[[Floats], Predictions]) -> None:
        super().__init__(7)
        self._act = act

    def predict(self, sensors: Floats) -> Predictions:
        return self._act(sensors)


class Log:
    """Kafka's log and the window of duplicates, as the scorer sees them."""

    def __init__(self, held: bool = True) -> None:
        self.held = held
        self.forgotten: list[tuple[TopicPartition, bytes]] = []
        self.scorer = Scorer(self._messages_at, lambda _: nullcontext(), lambda *at: self.forgotten.append(at))

    def _messages_at(self, positions: Sequence[Position]) -> list[Whole | None]:
        return [Whole(b"key", b"%d" % at.offset, [("h", b"1")]) if self.held else None for at in positions]


def mixed(bad: Sequence[int], count: int) -> Batch:
    return a_batch(count, sensors=[[CRASHES if row in bad else 70.0, 3.0] for row in range(count)])


@pytest.mark.parametrize("model", [Fragile(), NotANumber(7)], ids=["crashes", "NaN"])
def test_a_reading_that_cannot_be_scored_becomes_a_dead_letter_and_its_neighbours_are_scored(
    model: HotIsFaulty,
) -> None:
    batch, log = mixed([2], 500), Log()
    kept, predictions = log.scorer.score(PRESS, model, batch)
    (letter,) = kept.dead_letters
    assert letter.position == Position("readings.press", 0, 2)
    assert (letter.stage, letter.key, letter.value, letter.headers) == ("score", b"key", b"2", [("h", b"1")])
    assert letter.reason in ("press v7: ZeroDivisionError: thirteen", "press v7: the score is nan")
    assert kept.offsets.tolist() == [0, 1, *range(3, 500)]
    assert predictions.scores.tolist() == [0.7] * 499
    (run,) = kept.runs
    assert (run.rows, run.dead, run.next_offset) == (slice(0, 499), 1, 500)
    assert log.forgotten == [(TopicPartition("readings.press", 0), batch.ids[2].tobytes())], "it may be replayed"


def test_bisection_is_bounded_by_the_logarithm_of_the_batch() -> None:
    model = Fragile()
    Log().scorer.score(PRESS, model, mixed([3, 4000, 9999], 10_000))
    assert model.calls <= 2 + 3 * 2 * 14


def test_a_model_that_crashes_on_large_batches_only_costs_no_reading() -> None:
    def in_small_pieces(sensors: Floats) -> Predictions:
        if len(sensors) > 10:
            raise MemoryError
        return HotIsFaulty(7).predict(sensors)

    batch = mixed([], 100)
    kept, predictions = Log().scorer.score(PRESS, Broken(in_small_pieces), batch)
    assert kept is not batch
    assert (len(kept), kept.dead_letters, predictions.scores.tolist()) == (100, [], [0.7] * 100)


def test_a_reading_of_doubtful_quality_is_not_to_blame_for_the_crash_that_it_brings() -> None:
    batch = mixed([2], 5)
    batch.quality[2] = Quality.OUT_OF_RANGE
    kept, predictions = Log().scorer.score(PRESS, Fragile(), batch)
    assert kept.dead_letters == []
    assert np.isnan(predictions.scores).tolist() == [False, False, True, False, False]


def raising(error: Exception) -> Callable[[Floats], Predictions]:
    def act(_: Floats) -> Predictions:
        raise error

    return act


@pytest.mark.parametrize(
    "act",
    [
        raising(ZeroDivisionError("always")),
        lambda sensors: Predictions(ModelVersion("press", 7), *(np.full(len(sensors), np.nan),) * 3),
        lambda _: HotIsFaulty(7).predict(np.zeros((3, 2))),
    ],
    ids=["crashes", "NaN", "wrong shape"],
)
def test_a_model_that_cannot_score_a_usual_reading_is_broken_and_no_reading_is_refused(
    act: Callable[[Floats], Predictions],
) -> None:
    with pytest.raises(ModelFailed, match=r"press v7 cannot score even a usual .*run models rollback press"):
        Log().scorer.score(PRESS, Broken(act), mixed([], 1))


@pytest.mark.parametrize("model", [Fragile(), NotANumber(7)], ids=["crashes", "NaN"])
def test_more_than_a_small_share_is_the_models_fault(model: HotIsFaulty) -> None:
    log = Log()
    assert len(log.scorer.score(PRESS, model, mixed(range(10), 100)).batch.dead_letters) == 10
    with pytest.raises(ModelFailed, match="press v7 cannot score 11"):
        log.scorer.score(PRESS, model, mixed(range(11), 100))


def test_a_machine_that_is_short_of_memory_blames_no_reading() -> None:
    with pytest.raises(Unavailable, match="cannot score at the moment"):
        Log().scorer.score(PRESS, Fragile(MemoryError()), mixed([2], 5))


def test_a_message_that_the_log_has_lost_meanwhile_is_named_as_such() -> None:
    (letter,) = Log(held=False).scorer.score(PRESS, Fragile(), mixed([2], 5)).batch.dead_letters
    assert (letter.key, letter.value) == (None, None)
    assert "not in the log any more" in letter.reason


def test_isolation_of_no_rows_predicts_nothing() -> None:
    found, reasons = isolate(ModelVersion("press", 7), HotIsFaulty(7).predict, np.zeros((2, 2)), np.array([], int), 10)
    assert np.isnan(found.scores).all()
    assert reasons == {}


def test_every_column_of_a_batch_loses_the_rows_that_became_dead_letters() -> None:
    runs = [PartitionRun(0, slice(0, 3), 4, [(2, 1)], 0, 1), PartitionRun(1, slice(3, 5), 7, (), 1, 0)]
    earlier = DeadLetter(Position("readings.press", 1, 6), "decode", "bad", None, b"", ())
    batch = replace(a_batch(5), extras=[(1, b"one"), (4, b"four")], runs=runs, dead_letters=[earlier])
    letters = {
        row: DeadLetter(Position("readings.press", int(row > 2), row), "score", "", None, None, ()) for row in (1, 3)
    }
    rest = batch.without(letters)
    for field in fields(Batch):
        if field.name not in ("topic", "extras", "runs", "dead_letters", "way"):
            assert list(map(str, getattr(rest, field.name))) == [
                str(cell) for row, cell in enumerate(getattr(batch, field.name)) if row not in letters
            ], field.name
    assert rest.extras == [(2, b"four")]
    assert [(run.rows, run.dead, run.duplicates) for run in rest.runs] == [(slice(0, 2), 1, 1), (slice(2, 3), 2, 0)]
    assert [letter.position.offset for letter in rest.dead_letters] == [1, 3, 6]
