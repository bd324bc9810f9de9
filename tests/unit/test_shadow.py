"""A version in the shadow scores beside the champion, and is never a reason for anything."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

from consumer.ahead import ScoringAhead
from consumer.handover import Work
from consumer.scoring import Scorer
from consumer.shadow import ShadowKeeper
from core.batch import Batch, Floats, Quality
from core.errors import ModelRefused, Unavailable
from core.incident_policy import IncidentPolicy
from core.label import Verdict
from core.machine import Machine
from core.ports.models import Model
from core.prediction import ModelVersion, Predictions
from core.recent_alarms import Recent
from core.shadow import Beside, ShadowScores, alarms_beside, shadow_verdicts
from tests.builders import HotIsFaulty, a_batch, a_machine

PRESS = a_machine()
V1, V2, V3 = (ModelVersion("press", number) for number in (1, 2, 3))
TWO_OF_THREE = IncidentPolicy(open_after=2, of_last=3)


class Fails(HotIsFaulty):
    """Scores as it is told to."""

    def __init__(self, number: int, how: str) -> None:
        super().__init__(number)
        self.how = how
        self.end = threading.Event()

    def predict(self, sensors: Floats) -> Predictions:
        if self.how == "raises":
            raise MemoryError("too many trees")
        if self.how == "hangs":
            self.end.wait()
        return super().predict(sensors[1:] if self.how == "one score too few" else sensors)


class Stage:
    """Source of models and list of shadows of the tests."""

    def __init__(self) -> None:
        self.wanted: dict[str, ModelVersion] = {}
        self.bad: set[ModelVersion] = set()
        self.away = False
        self.how = ""
        self.loads: list[ModelVersion] = []
        self.keeper = ShadowKeeper([PRESS], self, self, 0.2, threading.Event())

    def running(self) -> Mapping[str, ModelVersion]:
        return self.wanted

    def load(self, machine: Machine, version: ModelVersion) -> Model:
        self.loads.append(version)
        if self.away:
            raise Unavailable("S3 does not answer")
        if version in self.bad:
            raise ModelRefused("its signature is wrong")
        self.model = Fails(version.number, self.how)
        return self.model

    def last_good(self, machine: Machine) -> None:
        raise AssertionError(f"what is in the shadow of {machine.name} is nobody's last good version")

    def shadow(self, batch: Batch | None = None) -> int | None:
        """The version that scores."""
        self.keeper.follow()
        said = self.keeper.score(PRESS, batch or a_batch(3))
        return None if said is None else said.version.number


@pytest.fixture
def stage() -> Iterator[Stage]:
    found = Stage()
    yield found
    if found.loads and hasattr(found, "model"):
        found.model.end.set()


def test_it_comes_changes_and_goes_as_people_ask(stage: Stage) -> None:
    seen = []
    for stage.wanted in ({}, {"press": V2}, {"press": V2}, {"press": V3}, {}, {"saw": V2}):
        seen.append(stage.shadow())
    assert seen == [None, 2, 2, 3, None, None]
    assert stage.loads == [V2, V3]


@pytest.mark.parametrize("how", ["raises", "hangs", "one score too few"])
def test_one_that_fails_is_dropped_and_said_until_it_is_asked_for_anew(
    stage: Stage, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    stage.wanted, stage.how = {"press": V2}, how
    assert [stage.shadow() for _ in range(3)] == [None] * 3
    (record,) = caplog.records
    assert "press v2 is dropped from the shadow" in record.message
    assert "the champion goes on" in record.message
    stage.model.end.set()
    stage.wanted, stage.how = {}, ""
    assert stage.shadow() is None
    stage.wanted = {"press": V2}
    assert stage.shadow() == 2


def test_one_that_cannot_be_verified_is_dropped_and_not_tried_again(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.wanted, stage.bad = {"press": V2}, {V2}
    assert [stage.shadow() for _ in range(3)] == [None] * 3
    assert stage.loads == [V2]
    assert "its signature is wrong" in caplog.text


def test_a_server_that_was_away_is_asked_again(stage: Stage) -> None:
    stage.wanted, stage.away = {"press": V2}, True
    assert stage.shadow() is None
    stage.away = False
    assert stage.shadow() == 2


def scored(stage: Stage, batch: Batch) -> Predictions:
    scorer = Scorer(lambda _: (), lambda _: nullcontext(), lambda *_: None)
    ahead = ScoringAhead(scorer, {"readings.press": PRESS}, lambda: {"press": HotIsFaulty(1)}, stage.keeper.score)
    try:
        (one,) = ahead.of(Work(0, [batch]))
    finally:
        ahead.stop()
    return one.predictions


def test_the_champions_predictions_are_the_same_with_a_shadow_and_without(stage: Stage) -> None:
    batch = a_batch(4, sensors=[[20.0, 3.0], [95.0, 3.0], [1e9, 3.0], [60.0, 3.0]])
    batch = replace(batch, quality=np.array([0, 0, Quality.OUT_OF_RANGE, 0], dtype=np.int16))
    alone = scored(stage, batch)
    stage.wanted = {"press": V2}
    stage.keeper.follow()
    beside = scored(stage, batch)
    assert alone.shadow is None
    assert beside.shadow is not None
    assert (beside.version, beside.shadow.version) == (V1, V2)
    np.testing.assert_array_equal(beside.scores, alone.scores)
    np.testing.assert_array_equal(beside.faults, alone.faults)
    np.testing.assert_array_equal(beside.shadow.scores, [0.2, 0.95, np.nan, 0.6])


def test_what_a_batch_loses_its_shadow_loses_too() -> None:
    shadow = HotIsFaulty(2).predict(np.array([[20.0], [95.0], [60.0]]))
    both = replace(HotIsFaulty(1).predict(np.array([[20.0], [95.0], [60.0]])), shadow=shadow)
    rest = both.of(np.array([True, False, True])).only(np.array([False, True]))
    assert rest.shadow is not None
    np.testing.assert_array_equal(rest.shadow.scores, [np.nan, 0.6])


def test_it_is_judged_by_the_same_verdicts() -> None:
    seen = [
        ShadowScores(Verdict.FAULT, [0.2, 0.9, 0.9]),
        ShadowScores(Verdict.FAULT, [0.2, 0.9, 0.2]),
        ShadowScores(Verdict.FALSE_ALARM, [0.7, 0.7]),
        ShadowScores(Verdict.NOT_SURE, [0.9, 0.9]),
    ]
    found = shadow_verdicts(seen, 0.8, TWO_OF_THREE)
    assert (found.confirmed, found.found, found.refuted, found.raised) == (2, 1, 1, 0)


def test_its_alarms_stand_beside_the_champions_on_the_same_readings() -> None:
    count = np.zeros(6, dtype=np.int64)
    readings = Recent(count, np.arange(6), np.empty((6, 2)), count.astype(np.int16))
    champion, shadow = np.array([[0.9, 0.9, 0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1, 0.1, 0.1]])
    found = alarms_beside(Beside(readings, champion, np.full(6, 0.5), shadow), 0.5, TWO_OF_THREE)
    assert (found.readings, found.champion, found.challenger) == (6, 1, 0)
