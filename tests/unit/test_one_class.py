"""A model that knows normal readings alone."""

import json
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import QuantileTransformer

from app.cli import main
from core.errors import ModelRefused, UserError
from core.label import Verdict
from core.machine_file import parse_machine
from core.one_class import OneClassPolicy
from core.threshold import ThresholdPolicy
from core.training_options import TrainingOptions
from model.answers import probabilities
from model.choosing import choose
from model.csv_history import read_history
from model.explain import Explainer
from model.fence import unpickle
from model.fit import Candidate
from model.normal_rows import MOST_ROWS, normal_rows
from model.recipe import Recipe
from model.reporting import importance
from model.search_budget import Budget
from model.shapley import shapley_values
from model.steps import OpenQuantiles
from tests.vibration import MIDDLE, ODD, VIBRATION, a_past, a_spindle, around, in_service, normal_readings, said_of

FINITE = st.floats(-3e38, 3e38, width=64)
FAR = st.floats(1, 1e30)


@cache
def spindle() -> Candidate:
    return a_spindle()


def abnormality(*reading: float, candidate: Candidate | None = None) -> float:
    return float(probabilities((candidate or spindle()).pipeline, np.array([reading]))[0])


def test_what_it_learnt_from_is_normal_and_what_it_never_saw_is_not() -> None:
    said = in_service(spindle()).predict(np.vstack([normal_readings(200, seed=8), around(ODD, 5)]))
    assert said.faults[:200].mean() < 0.1
    assert said.faults[200:].all()
    assert abnormality(*MIDDLE) < spindle().metrics.threshold


def test_the_steps_are_fitted_once_and_a_readings_class_never_depends_on_its_neighbours() -> None:
    rows = np.vstack([normal_readings(30, seed=5), around(ODD, 2)])
    together = probabilities(spindle().pipeline, rows)
    alone = [probabilities(spindle().pipeline, rows[place : place + 1])[0] for place in range(len(rows))]
    np.testing.assert_array_equal(alone, together)
    beside_others = probabilities(spindle().pipeline, np.vstack([rows[:3], np.full((50, 3), 9_000.0)]))[:3]
    np.testing.assert_array_equal(beside_others, together[:3])


@given(reading=st.tuples(FINITE, FINITE, FINITE))
@settings(max_examples=50, deadline=None)
def test_every_finite_reading_has_an_abnormality(reading: tuple[float, float, float]) -> None:
    assert 0 <= abnormality(*reading) <= 0.99


@given(axis=st.integers(0, 2), times=FAR, up=st.booleans())
@settings(max_examples=50, deadline=None)
def test_a_reading_far_beyond_all_that_it_learnt_from_is_never_normal(axis: int, times: float, up: bool) -> None:
    rows = normal_readings()
    width = rows[:, axis].max() - rows[:, axis].min()
    reading = list(MIDDLE)
    reading[axis] = rows[:, axis].max() + times * width if up else rows[:, axis].min() - times * width
    assert abnormality(*reading) > spindle().metrics.threshold


def test_the_farther_out_the_more_abnormal() -> None:
    steps = [abnormality(celsius, *MIDDLE[1:]) for celsius in (52, 62, 66, 70, 80, 200)]
    assert steps == sorted(steps)
    assert steps[-1] == pytest.approx(0.99, abs=0.001)


def test_quantiles_go_on_beyond_the_rows_and_are_scikit_learns_within() -> None:
    rows = normal_readings(300)
    ours = OpenQuantiles(n_quantiles=300, output_distribution="normal", subsample=None).fit(rows)
    theirs = QuantileTransformer(n_quantiles=300, output_distribution="normal", subsample=None).fit(rows)
    inner = np.abs(theirs.transform(rows)) < 2.9
    np.testing.assert_array_equal(ours.transform(rows)[inner], theirs.transform(rows)[inner])
    assert (~inner).sum() == 6, "the lowest and the highest of each"
    assert ours.transform(rows).max() == pytest.approx(2.93, abs=0.01), "where the highest of 300 is to be expected"
    outside = np.vstack([rows.max(axis=0) + 5, rows.min(axis=0) - 5])
    assert np.abs(theirs.transform(outside)).max() == pytest.approx(5.2, abs=0.01), "scikit-learn's stop there"
    assert (np.abs(ours.transform(outside)) > 4).all()


def test_without_a_known_fault_only_what_the_hold_out_can_tell_is_told() -> None:
    metrics = spindle().metrics
    assert metrics.faults == 0
    assert (metrics.pr_auc, metrics.f1, metrics.recall, metrics.roc_auc) == (None, None, None, None)
    assert metrics.threshold == 0.5
    assert metrics.confusion.false_positives + metrics.confusion.true_negatives == metrics.rows == 100
    assert metrics.confusion.false_positives < 15
    assert msgspec.convert(msgspec.to_builtins(metrics), type(metrics)) == metrics


def test_faults_that_somebody_wrote_down_are_left_out_of_the_fit_and_tune_the_threshold() -> None:
    history = a_past(faults=around(ODD, 40))
    found = a_spindle(history)
    assert found.taught.rows == a_spindle().taught.rows == 300
    assert found.metrics.faults == 10
    assert found.metrics.recall == 1.0
    assert found.metrics.threshold_rule.startswith("highest F1 on the hold-out")
    assert in_service(found).predict(around(ODD, 5, seed=9)).faults.all()


def test_a_refuted_alert_is_normal_to_the_next_model_and_what_it_said_nothing_of_is_not() -> None:
    taught = a_spindle(incidents=[said_of(around(ODD, 3), Verdict.FALSE_ALARM)])
    assert abnormality(*ODD, candidate=taught) < 0.5
    assert not in_service(taught).predict(around(ODD, 10, seed=9)).faults.any()
    assert abnormality(52, 60, 10.5, candidate=taught) > 0.5
    assert in_service(taught).predict(normal_readings(200, seed=8)).faults.mean() < 0.1


def test_many_refuted_alerts_are_learnt_together() -> None:
    places = [(70.0, 86.0, 10.5), (52.0, 70.0, 10.5), (52.0, 86.0, 20.0), (64.0, 94.0, 10.5), (45.0, 75.0, 10.5)]
    incidents = [said_of(around(place, 6), Verdict.FALSE_ALARM, label) for label, place in enumerate(places)]
    taught = in_service(a_spindle(incidents=incidents))
    assert not any(taught.predict(around(place, 6)).faults.any() for place in places)


def test_a_confirmed_fault_is_not_among_the_rows_to_learn_from() -> None:
    history = a_past()
    wrong = history.sensors[:3]
    rows = normal_rows(history, [said_of(wrong, Verdict.FAULT)], 0.05, seed=0)
    assert len(rows.weights) == len(history) - 3
    assert not (rows.sensors[:, np.newaxis] == wrong).all(axis=2).any()


def test_a_normal_reading_that_a_question_found_counts_as_one_and_what_is_held_back_does_not() -> None:
    asked = said_of(around(MIDDLE, 1), Verdict.FALSE_ALARM, asked=True)
    held_back = said_of(around(ODD, 3), Verdict.FALSE_ALARM, held_back=True)
    rows = normal_rows(a_past(), [asked, held_back], 0.05, seed=0)
    assert len(rows.weights) == 401
    assert (rows.weights == 1).all()
    assert rows.outside == 0.05


def test_what_a_person_reviewed_is_never_lost_among_many_rows() -> None:
    rows = normal_rows(a_past(MOST_ROWS + 500), [said_of(around(ODD, 2), Verdict.FALSE_ALARM)], 0.05, seed=0)
    assert len(rows.weights) == MOST_ROWS + 6
    assert (rows.weights[-6:] == rows.refuted).all()
    assert rows.refuted > rows.outside * rows.weights.sum() == 0.05 * MOST_ROWS, "none of them can be left outside"


def test_pushes_of_sensors_add_up_to_the_abnormality_and_name_the_odd_one() -> None:
    rows = np.vstack([around(ODD, 2), normal_readings(3)])
    found = Explainer(spindle().pipeline).contributions(rows)
    assert found.scale == "abnormality"
    np.testing.assert_allclose(found.base + found.pushes.sum(axis=1), probabilities(spindle().pipeline, rows))
    assert found.pushes[:2].argmax(axis=1).tolist() == [0, 0]


@pytest.mark.parametrize("inputs", [1, 3, 6])
def test_of_a_sum_each_input_is_worth_its_summand_and_what_acts_together_is_shared(inputs: int) -> None:
    rows = np.random.default_rng(1).normal(size=(4, inputs))
    weights = np.arange(1, inputs + 1)
    found = shapley_values(lambda given: given @ weights, rows, np.ones(inputs))
    np.testing.assert_allclose(found, (rows - 1) * weights)
    together = shapley_values(lambda given: given.prod(axis=1), np.full((1, inputs), 2.0), np.zeros(inputs))
    np.testing.assert_allclose(together.sum(), 2.0**inputs)
    if inputs == 3:
        np.testing.assert_allclose(together[0], 8 / 3)


def test_what_it_rests_on_is_told_by_how_much_more_abnormal_rows_look() -> None:
    weights = importance(spindle())
    assert {one.sensor for one in weights} == set(VIBRATION.sensor_names)
    assert weights[0].loses > 0


def test_its_file_needs_no_label_and_a_labelled_one_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "vibration.csv"
    path.write_text("time,vibration_x,vibration_y,vibration_z\n0.04,44.9,90.1,10.2\n0.12,44.9,90.4,10.2\n")
    plain = read_history(path, VIBRATION)
    assert plain.fault.tolist() == [False, False]
    path.write_text("vibration_x,vibration_y,vibration_z,fault\n44.9,90.1,10.2,0\n144.9,90.4,10.2,1\n")
    assert read_history(path, VIBRATION).fault.tolist() == [False, True]


@pytest.mark.real_data
def test_the_public_file_trains_a_model_that_takes_nearly_all_of_it_for_normal(real_data: Path) -> None:
    history = read_history(real_data / "vibration.csv", VIBRATION)
    model = in_service(a_spindle(history))
    said = model.predict(history.sensors)
    assert len(said.faults) == 295
    assert said.faults.mean() < 0.06
    assert not model.predict(np.array([[45.29, 91.07, 10.22]])).faults.any(), "the older system's own example"


@pytest.mark.parametrize("options", [TrainingOptions("rf"), TrainingOptions("compare"), TrainingOptions(search=True)])
def test_there_is_no_other_kind_of_model_to_ask_for(options: TrainingOptions) -> None:
    with pytest.raises(UserError, match="vibration learns from normal readings alone: its model is a one-class SVM"):
        choose(VIBRATION, a_past(), Recipe(), options, [], lambda _: None, Budget())
    chosen = choose(VIBRATION, a_past(), Recipe(), TrainingOptions(), [], lambda _: None, Budget())
    assert chosen.recipe == Recipe()


def test_who_trains_it_is_told_what_can_be_told_and_gets_the_one_picture_that_there_is(tmp_path: Path) -> None:
    path = tmp_path / "vibration.csv"
    rows = "\n".join(",".join(map(repr, row)) for row in normal_readings(100).tolist())
    path.write_text(f"vibration_x,vibration_y,vibration_z\n{rows}\n")
    arguments = ["train", "vibration", "--csv", str(path), "--dry-run"]
    told = CliRunner().invoke(main, [*arguments, "--plots", str(tmp_path / "plots")])
    assert told.exit_code == 0
    assert "the hold-out has no fault: how many it would find is not known\nof 25 normal readings " in told.stdout
    assert "PR-AUC" not in told.stdout
    assert [one.name for one in (tmp_path / "plots").iterdir()] == ["confusion.png"]
    facts = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    assert (facts["model"], facts["metrics"]["pr_auc"], facts["metrics"]["faults"]) == ("svm", None, 0)
    asked = CliRunner().invoke(main, [*arguments, "--model", "rf"])
    assert isinstance(asked.exception, UserError)


def test_a_cost_of_missed_faults_needs_faults() -> None:
    machine = msgspec.structs.replace(VIBRATION, model=ThresholdPolicy(missed_fault_costs=20))
    with pytest.raises(UserError, match="vibration: missed_fault_costs weighs faults, and neither its base data nor"):
        a_spindle(machine=machine)


def test_a_budget_of_alarms_does_without_faults() -> None:
    machine = msgspec.structs.replace(VIBRATION, model=ThresholdPolicy(alarms_per_device_day=864))
    found = a_spindle(machine=machine).metrics
    assert found.confusion.false_positives <= 0.03 * found.rows
    assert found.threshold_rule.startswith("lowest with at most 864 alarms per healthy device and day")


def test_less_may_lie_outside_where_the_file_says_so() -> None:
    strict = msgspec.structs.replace(VIBRATION, one_class=OneClassPolicy(outside=0.4, reach=0.003))
    rows = normal_readings(200, seed=8)
    loose = in_service(spindle()).predict(rows).faults.mean()
    assert in_service(a_spindle(machine=strict)).predict(rows).faults.mean() > loose + 0.2


def test_its_pickle_names_nothing_else_and_a_readings_time_is_not_wasted() -> None:
    pipeline = unpickle(spindle().pickled)
    assert isinstance(pipeline, Pipeline)
    assert [name for name, _ in pipeline.steps] == ["impute", "step_1", "step_2", "step_3", "step_4", "classify"]
    with pytest.raises(ModelRefused):
        unpickle(spindle().pickled.replace(b"model.one_class", b"model.two_class"))


FILE = """task = "one_class"
[[sensors]]
name = "shake"
usual = [1, 5]
[[steps]]
kind = "polynomial"
degree = 2
[one_class]
outside = 0.1
"""


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('task = "one_class"', 'task = "fault"', r"spindle.toml:5: steps.0.: is of task `one_class`"),
        ('"polynomial"', '"fourier"', r"spindle.toml:6: steps\[0\].*fourier"),
        ("degree = 2", "degree = 9", r"spindle.toml:7: steps\[0\].degree"),
        ("outside = 0.1", "outside = 0.9", r"spindle.toml:9: one_class.outside"),
        ("outside = 0.1", 'reach = "far"', r"spindle.toml:9: one_class.reach"),
    ],
)
def test_what_is_wrong_with_its_steps_is_named_with_the_line(before: str, after: str, complaint: str) -> None:
    parse_machine(FILE, "spindle", "spindle.toml")
    with pytest.raises(UserError, match=complaint):
        parse_machine(FILE.replace(before, after), "spindle", "spindle.toml")
