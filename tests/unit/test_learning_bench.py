"""What the learning bench counts and who says what in it; its figures are measured by `./run bench learning`."""

from pathlib import Path

import numpy as np
import pytest

from app.machines import load_machines
from app.wiring import ROOT
from bench.answering import Answering
from bench.asking import Asking
from bench.fleet import A_DAY, Days, Fleet
from bench.learning import medians
from bench.milling import read_milling
from bench.people import Habits, People
from bench.watch import Watched, watch
from core.batch import Floats
from core.errors import UserError
from core.label import Verdict
from core.prediction import ModelVersion, Predictions, UsualRange

MACHINE = load_machines(ROOT / "machines")["equipment"]
DAYS: Days = Fleet(MACHINE, devices=4, seed=3, fault_rate=0.1).next(1)
CERTAIN = Habits(answered=1.0, wrong=0.0, reported=1.0)


class Oracle:
    """A model that gives each reading the probability it was told."""

    version = ModelVersion("equipment", 1)

    def __init__(self, scores: Floats) -> None:
        self.usual: dict[str, UsualRange] = {}
        self._scores = scores

    def predict(self, sensors: Floats) -> Predictions:
        assert len(sensors) == len(self._scores)
        return Predictions(self.version, self._scores, np.zeros(len(sensors), dtype=np.int16), self._scores >= 0.5)


def seen(scores: Floats) -> Watched:
    return watch(DAYS, Oracle(scores), MACHINE.incident)


def answering(habits: Habits, own_verdicts: bool = False) -> Answering:
    asking = Asking(MACHINE, seed=1)
    return Answering(People(habits, np.random.default_rng(1)), asking, questions_a_day=10, own_verdicts=own_verdicts)


PERFECT = np.where(DAYS.fault, 0.9, 0.0)


def test_a_day_of_a_fleet_is_a_reading_a_minute_of_each_device_and_goes_on() -> None:
    fleet = Fleet(MACHINE, devices=4, seed=3, fault_rate=0.1)
    first, second = fleet.next(1), fleet.next(1)
    assert len(first.readings) == len(second.readings) == 4 * A_DAY
    assert second.readings.times[0] > first.readings.times[-1]
    assert len(first.episodes()) > 5


def test_a_model_that_knows_the_truth_has_every_episode_and_no_false_alarm() -> None:
    watched = seen(PERFECT)
    assert watched.recall() == 1.0
    assert watched.false_alarms_per_device_day() == 0.0
    assert watched.missed() == []


def test_a_model_that_sees_nothing_misses_every_episode_and_half_of_them_are_reported() -> None:
    watched = seen(np.zeros(len(DAYS.truths)))
    assert watched.recall() == 0.0
    assert len(watched.missed()) == len(DAYS.episodes())
    labels = answering(Habits(answered=0.0)).labels(watched, 0.5)
    assert {label.verdict for label in labels} == {Verdict.FAULT}
    assert 0 < len(labels) < len(DAYS.episodes())
    assert all(label.alert is None and 0 < len(label.sensors) <= 10 for label in labels)


def test_recall_is_counted_for_one_fault_alone() -> None:
    only = np.where(DAYS.truths == 2, 0.9, 0.0)
    assert seen(only).recall(1) == 1.0
    assert seen(only).recall(0) == 0.0


def test_an_incident_of_a_healthy_device_is_a_false_alarm_and_is_refuted() -> None:
    healthy = DAYS.rows_of(0)
    start = next(place for place in range(50, len(healthy)) if not DAYS.fault[healthy[place - 50 : place + 50]].any())
    scores = PERFECT.copy()
    scores[healthy[start : start + 5]] = 0.9
    watched = seen(scores)
    assert watched.false_alarms_per_device_day() == pytest.approx(1 / 4)
    refuted = [label for label in answering(CERTAIN).labels(watched, 0.5) if label.verdict is Verdict.FALSE_ALARM]
    assert [len(label.sensors) for label in refuted if label.alert] == [5]


def test_questions_are_about_readings_without_an_alert_and_answered_with_the_truth() -> None:
    labels = answering(CERTAIN).labels(seen(PERFECT), 0.5)
    asked = [label for label in labels if label.asked]
    assert 0 < len(asked) <= 10
    assert {label.verdict for label in asked} == {Verdict.FALSE_ALARM}, "no fault is below the threshold here"
    assert all(len(label.sensors) == 1 for label in asked)


def test_a_model_that_is_believed_confirms_its_alerts_and_nobody_reports() -> None:
    nothing = answering(CERTAIN, own_verdicts=True).labels(seen(np.zeros(len(DAYS.truths))), 0.5)
    assert {label.verdict for label in nothing} == {Verdict.FALSE_ALARM}
    everything = answering(CERTAIN, own_verdicts=True).labels(seen(np.ones(len(DAYS.truths))), 0.5)
    assert {label.verdict for label in everything} == {Verdict.FAULT}


def test_people_answer_their_share_and_err_in_theirs() -> None:
    people = People(Habits(answered=0.8, wrong=0.05), np.random.default_rng(0))
    said = [people.answer(Verdict.FAULT) for _ in range(20_000)]
    answers = [verdict for verdict in said if verdict]
    assert len(answers) / len(said) == pytest.approx(0.8, abs=0.01)
    assert answers.count(Verdict.FALSE_ALARM) / len(answers) == pytest.approx(0.05, abs=0.005)


def test_the_median_of_the_seeds_counts() -> None:
    figures = [{"recall": {"before": before, "after": 1.0, "course": [before, 1.0]}} for before in (0.1, 0.9, 0.2)]
    assert medians(figures, "recall") == {"before": 0.2, "after": 1.0, "course": [0.2, 1.0]}


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent\.csv is no file: AI4I 2020"):
        read_milling(tmp_path / "absent.csv", MACHINE)
