from pathlib import Path

import numpy as np
import pytest

from app.machines import load_machines
from core.errors import UserError
from core.history import History
from model.csv_history import read_history
from model.evaluation import FIXED, HIGHEST_F1, best_threshold, evaluate
from model.fit import train
from model.plots import plots
from model.recipe import Recipe
from tests.model_builders import a_candidate, a_history

TRUTH = np.array([False, False, False, True, True])
SCORES = np.array([0.1, 0.2, 0.6, 0.5, 0.9])
MACHINES = Path(__file__).parent.parent.parent / "machines"


def test_metrics_are_those_at_the_threshold() -> None:
    metrics = evaluate(TRUTH, SCORES, fixed_threshold=0.55)
    assert (metrics.precision, metrics.recall, metrics.f1) == (0.5, 0.5, 0.5)
    assert metrics.confusion.true_negatives == 2
    assert metrics.threshold_rule == FIXED


def test_the_threshold_has_the_highest_f1() -> None:
    assert 0.2 < best_threshold(TRUTH, SCORES) <= 0.5
    assert evaluate(TRUTH, SCORES, None).f1 == 0.8
    assert evaluate(TRUTH, SCORES, None).threshold_rule == HIGHEST_F1


def test_a_perfect_model_alarms_from_one_half_on() -> None:
    assert best_threshold(TRUTH, np.array([0.0, 0.01, 0.02, 0.97, 0.99])) == 0.5


@pytest.mark.parametrize("odd", [1, 5])
def test_odd_faults_do_not_pull_the_threshold_down_to_nothing(odd: int) -> None:
    truth = np.arange(1_000) < 100
    scores = np.where(truth, 0.99, 0.0001)
    scores[:odd] = 0.001
    assert best_threshold(truth, scores) == pytest.approx(0.5)


def test_a_model_that_never_alarms_has_no_precision_and_does_not_fail() -> None:
    assert evaluate(TRUTH, SCORES, fixed_threshold=0.99).precision == 0.0


def test_scores_that_are_all_alike_have_a_threshold() -> None:
    assert 0 < best_threshold(TRUTH, np.full(5, 0.3)) <= 0.3


def test_the_curves_are_pngs() -> None:
    candidate = a_candidate()
    drawn = plots("pumps", candidate.hold_out.fault, candidate.scores, candidate.metrics)
    assert sorted(drawn) == ["calibration.png", "confusion.png", "precision_recall.png", "roc.png"]
    assert all(png.startswith(b"\x89PNG") for png in drawn.values())


def test_golden_readings_hold_both_kinds_and_an_absent_optional_sensor() -> None:
    golden = a_candidate().golden
    assert np.isnan(golden.sensors()[-1, 1])
    assert max(golden.outputs) > 0.5 > min(golden.outputs)


def test_a_sensor_that_never_read_is_no_obstacle() -> None:
    history = a_history()
    history.sensors[:, 1] = np.nan
    assert set(a_candidate("rf", history).usual) == {"temperature"}


def test_too_few_faults_are_said() -> None:
    history = a_history(40)
    fault = np.zeros(40, dtype=np.bool_)
    fault[:3] = True
    with pytest.raises(UserError, match="at least 3 of each"):
        a_candidate(history=History(history.sensors, fault, history.devices, history.times))


@pytest.mark.real_data
def test_a_random_forest_on_ai4i_is_as_good_as_honest_work_gets(real_data: Path) -> None:
    machine = load_machines(MACHINES)["ai4i"]
    history = read_history(real_data / "ai4i2020.csv", machine)
    metrics = train(machine, history, Recipe("rf"), [], lambda _: None).metrics
    assert (len(history), int(history.fault.sum())) == (10_000, 339)
    assert metrics.f1 is not None
    assert metrics.f1 > 0.6
    assert metrics.pr_auc is not None
    assert metrics.pr_auc > 0.6
