"""A model that tells several defects apart."""

from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest

from core.errors import UserError
from core.machine import Machine
from core.prediction import ModelVersion
from core.training_options import Algorithm, TrainingOptions
from model.answers import defect_probabilities
from model.base_data import BaseData, _decode, base_data
from model.choosing import choose
from model.csv_history import read_history
from model.explain import Explainer
from model.fit import Candidate
from model.recipe import Recipe
from model.scorer import FaultModel
from model.search_budget import Budget
from tests.plates import PLATES, a_candidate_for_plates, plates_of, some_plates, written

ALGORITHMS = pytest.mark.parametrize("algorithm", ["lr", "rf", "hgb"])


@cache
def fitted(algorithm: Algorithm) -> Candidate:
    """Boosting in few rounds of small trees: each takes a tree of each defect."""
    few = {"max_iter": 15, "max_leaf_nodes": 4, "learning_rate": 0.2} if algorithm == "hgb" else {}
    return a_candidate_for_plates(some_plates(900, scatter=1.6), algorithm=algorithm, parameters=few)


def model_of(candidate: Candidate) -> FaultModel:
    return FaultModel(ModelVersion(PLATES.name, 1), candidate.usual, candidate.metrics.threshold, candidate.pipeline)


@ALGORITHMS
def test_a_plate_gets_the_same_answer_alone_and_in_a_batch(algorithm: Algorithm) -> None:
    model, sensors = model_of(fitted(algorithm)), some_plates(60, seed=7, scatter=1.6).sensors
    together = model.predict(sensors)
    alone = [model.predict(sensors[row : row + 1]) for row in range(len(sensors))]
    assert together.faults.any()
    assert not together.faults.all()
    for name in ("scores", "classes", "defects"):
        np.testing.assert_array_equal(np.concatenate([getattr(one, name) for one in alone]), getattr(together, name))


@ALGORITHMS
def test_it_says_which_defect_a_plate_has_and_only_of_those_that_alarm(algorithm: Algorithm) -> None:
    classes = np.repeat(np.arange(7), 6)
    said = model_of(fitted(algorithm)).predict(plates_of(classes, np.random.default_rng(5), 0.5))
    assert said.defects is not None
    right = said.faults & (classes > 0)
    assert np.mean(said.faults == (classes > 0)) >= 0.8
    assert np.mean(said.classes[right] == classes[right]) >= 0.9
    assert not said.classes[~said.faults].any()
    np.testing.assert_allclose(said.defects[said.faults].sum(axis=1), 1)
    np.testing.assert_allclose(1 - said.defects[said.faults, 0], said.scores[said.faults])
    assert np.isnan(said.defects[~said.faults]).all()


def test_predictions_lose_the_defects_of_rows_that_they_lose() -> None:
    said = model_of(fitted("lr")).predict(plates_of(np.array([1, 2, 0]), np.random.default_rng(5), 0.5))
    kept = said.only(np.array([False, True, True]))
    assert kept.defects is not None
    assert np.isnan(kept.defects[0]).all()
    assert kept.classes.tolist() == [0, 2, 0]
    of = said.of(np.array([False, True, False])).defects
    assert of is not None
    assert of.shape == (1, 7)


def test_how_well_it_tells_defects_apart_is_measured_on_the_hold_out() -> None:
    candidate = fitted("lr")
    found, classes = candidate.metrics.defects, candidate.hold_out.classes
    assert found is not None
    assert classes is not None
    known = classes > 0
    said = 1 + defect_probabilities(candidate.pipeline, candidate.hold_out.sensors[known]).argmax(axis=1)
    assert found.faults == np.count_nonzero(known)
    assert found.top_1 == pytest.approx(np.mean(said == classes[known]))
    assert found.macro_f1 <= found.top_3 <= 1
    assert 0.5 < found.top_1 <= found.top_3
    assert set(np.unique(classes)) == set(range(7)), "each class is held out"


@ALGORITHMS
@pytest.mark.parametrize("number", [1, 6])
def test_base_and_pushes_add_up_to_the_margin_of_the_defect(algorithm: Algorithm, number: int) -> None:
    pipeline, sensors = fitted(algorithm).pipeline, some_plates(20, seed=3).sensors
    estimator = pipeline[-1].defect_.calibrated_classifiers_[0].estimator
    margin = estimator.predict_proba if algorithm == "rf" else estimator.decision_function
    found = Explainer(pipeline).contributions_to_defect(sensors, number)
    assert found.pushes.shape == sensors.shape
    at = estimator.classes_.tolist().index(number)
    np.testing.assert_allclose(
        found.base + found.pushes.sum(axis=1), margin(pipeline[:-1].transform(sensors))[:, at], rtol=1e-7, atol=1e-9
    )


@ALGORITHMS
def test_what_speaks_for_a_defect_are_the_sensors_that_it_shows_in(algorithm: Algorithm) -> None:
    plates = plates_of(np.full(10, 3), np.random.default_rng(2), 0.5)
    pushes = Explainer(fitted(algorithm).pipeline).contributions_to_defect(plates, 3).pushes.mean(axis=0)
    assert set(np.argsort(-pushes)[:2].tolist()) <= {9, 10, 11}


def test_of_two_defects_each_is_explained_by_the_opposite_of_the_other() -> None:
    two = some_plates(600)
    assert two.classes is not None
    two = two.rows(two.classes <= 2)
    pipeline = a_candidate_for_plates(two).pipeline
    explainer = Explainer(pipeline)
    one, other = (explainer.contributions_to_defect(two.sensors[:5], number) for number in (1, 2))
    np.testing.assert_allclose(one.pushes, -other.pushes)
    assert one.base == -other.base
    assert not defect_probabilities(pipeline, two.sensors[:5])[:, 2:].any(), "what it never learnt it never says"


def test_a_defect_with_too_few_rows_is_named() -> None:
    history = some_plates(200)
    assert history.classes is not None
    rare = np.flatnonzero(history.classes == 5)[2:]
    few = history.rows(~np.isin(np.arange(200), rare))
    with pytest.raises(UserError, match=r"too few rows of Dirtiness .1. to train steel_plates on"):
        a_candidate_for_plates(few)


def test_kinds_of_model_are_compared_by_both_what_they_find_and_what_they_call_it() -> None:
    said: list[str] = []
    history = some_plates(400)
    assert history.classes is not None
    history = history.rows(history.classes < 3)
    chosen = choose(PLATES, history, Recipe(), TrainingOptions("compare"), [], said.append, Budget())
    assert "(mean of PR-AUC and macro F1 of the defects by cross validation" in chosen.how
    assert [line.partition(":")[0] for line in said] == ["lr", "rf", "hgb"]


def test_base_data_keeps_which_defect_by_its_name() -> None:
    history = some_plates(50)
    base: BaseData = base_data(PLATES, history)
    other = msgspec.structs.replace(PLATES, defects=tuple(reversed(PLATES.defects)))
    assert history.classes is not None
    again = _decode(other, base.content).classes
    assert again is not None
    assert [other.classes[number] for number in again] == [PLATES.classes[number] for number in history.classes]
    without = msgspec.structs.replace(PLATES, defects=PLATES.defects[1:])
    gone = _decode(without, base.content)
    assert gone.classes is not None
    np.testing.assert_array_equal(gone.classes == -1, history.classes == 1)


@pytest.mark.parametrize("header", [False, True])
def test_both_ways_to_write_plates_are_read_alike(tmp_path: Path, header: bool) -> None:
    history = some_plates(100)
    dialect = msgspec.structs.replace(PLATES.csv, header=header, separator="," if header else "\t")
    machine = msgspec.structs.replace(PLATES, csv=dialect)
    read = read_history(written(tmp_path / "Faults.NNA", history, header), machine)
    np.testing.assert_array_equal(read.sensors, history.sensors)
    assert read.classes is not None
    np.testing.assert_array_equal(read.classes, history.classes)
    np.testing.assert_array_equal(read.fault, history.fault)


def test_a_column_of_names_says_which_defect_in_any_case(tmp_path: Path) -> None:
    machine = _small(one_hot=False)
    path = tmp_path / "plates.csv"
    path.write_text("a,b,defect\n1,2,crack\n1,3,Bent edge\n1,4,bent_edge\n1,5,fine\n")
    assert machine.classes == ("fine", "Crack", "Bent_edge")
    read = read_history(path, machine)
    assert read.classes is not None
    assert read.classes.tolist() == [1, 2, 2, 0]
    assert read.fault.tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a,b,Crack,Bent_edge\n1,2,1,1\n", r"row 2, column 'Bent_edge': '1' is a second defect of one row"),
        ("a,b,Crack,Bent_edge\n1,2,0,maybe\n", r"row 2, column 'Bent_edge': 'maybe' is neither 0 nor 1"),
        ("a,b,Crack\n1,2,0\n", r"no column 'Bent_edge' .defect Bent_edge."),
    ],
)
def test_what_is_wrong_with_a_label_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "plates.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=complaint):
        read_history(path, _small(one_hot=True))


def test_a_file_without_a_header_that_has_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Faults.NNA"
    path.write_text("1\t2\t3\n")
    with pytest.raises(UserError, match=r"has 3 columns, .* says that there are 34, X_Minimum, X_Maximum"):
        read_history(path, PLATES)


def _small(one_hot: bool) -> Machine:
    return msgspec.convert(
        {
            "name": "small",
            "task": "defects",
            "topics": ["t"],
            "sensors": [{"name": "a", "usual": [0, 1]}, {"name": "b", "usual": [0, 1]}],
            "defects": [{"name": "Crack"}, {"name": "Bent_edge"}],
            "labels": {"column": "defect", "normal": "fine", "one_hot": one_hot},
        },
        Machine,
    )
