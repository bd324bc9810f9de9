"""The next work is scored while this one is being stored."""

import threading
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from consumer.ahead import ScoringAhead
from consumer.handover import Work
from consumer.scoring import Scorer
from core.batch import Floats
from core.errors import ModelFailed
from core.prediction import Predictions
from tests.builders import HotIsFaulty, a_batch, a_machine
from tests.processes import PATIENCE_S

PRESS = a_machine()


class Waiting(HotIsFaulty):
    """A model that scores when it is let, and tells that it began."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.let = threading.Event()

    def predict(self, sensors: Floats) -> Predictions:
        self.begun.set()
        assert self.let.wait(PATIENCE_S)
        return super().predict(sensors)


class Broken(HotIsFaulty):
    """A model that scores nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def predict(self, sensors: Floats) -> Predictions:
        self.asked.set()
        raise ValueError(f"cannot score {len(sensors)} readings")


class Stage:
    """Scoring by whatever model is in service."""

    def __init__(self) -> None:
        self.model: HotIsFaulty = HotIsFaulty()
        scorer = Scorer(lambda _: (), lambda _: nullcontext(), lambda *_: None)
        self.ahead = ScoringAhead(scorer, {"readings.press": PRESS}, lambda: {PRESS.name: self.model})


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.ahead.stop()


def a_work(temperature: float = 20) -> Work:
    return Work(0, [a_batch(3, sensors=[[temperature, 3.0]] * 3)])


def test_a_work_that_was_begun_is_scored_without_being_waited_for(stage: Stage) -> None:
    stage.model = waiting = Waiting()
    work = a_work()
    stage.ahead.begin(work)
    assert waiting.begun.wait(PATIENCE_S), "it is being scored, and we go on"
    waiting.let.set()
    (scored,) = stage.ahead.of(work)
    assert scored.batch is work.batches[0]
    assert len(scored.predictions.scores) == 3


def test_each_work_gets_its_own_scores_whichever_was_begun(stage: Stage) -> None:
    cold, hot = a_work(20), a_work(100)
    stage.ahead.begin(hot)
    assert stage.ahead.of(cold)[0].predictions.scores.max() < 0.5
    assert stage.ahead.of(hot)[0].predictions.scores.min() == 1


def test_what_failed_ahead_is_scored_again_by_what_serves_then(stage: Stage) -> None:
    stage.model = broken = Broken()
    work = a_work()
    stage.ahead.begin(work)
    assert broken.asked.wait(PATIENCE_S)
    stage.model = HotIsFaulty()
    assert len(stage.ahead.of(work)[0].predictions.scores) == 3


def test_a_model_that_scores_nothing_is_told_when_the_work_is_due(stage: Stage) -> None:
    stage.model = Broken()
    work = a_work()
    stage.ahead.begin(work)
    with pytest.raises(ModelFailed):
        stage.ahead.of(work)
