"""A model that predicts a value, and alarms where it leaves its limits."""

from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest

from alerts.alert_text import alert_text
from alerts.facts import AlertFacts
from alerts.markup import PLAIN
from core.batch import Quality
from core.errors import UserError
from core.explanation import ScoredReading, value_explanation
from core.machine_file import parse_machine
from core.prediction import ModelVersion
from core.pushes import shown_pushes
from core.quality_check import QualityCheck
from core.target import outside, predicted
from core.training_options import Algorithm, TrainingOptions
from model.base_data import _decode, base_data
from model.choosing import choose
from model.csv_history import read_history
from model.explain import Explainer
from model.fit import Candidate
from model.recipe import Recipe
from model.scorer import FaultModel
from model.search_budget import Budget
from producer.history import simulated_history
from tests.builders import NOON
from tests.films import FILM, TARGET, THIN, WORDS, a_candidate_for_films, a_film, some_films, with_target, written

ALGORITHMS = pytest.mark.parametrize("algorithm", ["lr", "rf", "hgb"])
V1 = ModelVersion(FILM.name, 1)


@cache
def fitted(algorithm: Algorithm) -> Candidate:
    """A few trees, which tell as much of so few films."""
    few = {"lr": {}, "rf": {"max_leaf_nodes": 60}, "hgb": {"max_iter": 40, "max_leaf_nodes": 6}}[algorithm]
    return a_candidate_for_films(algorithm=algorithm, parameters=few)


def model_of(candidate: Candidate) -> FaultModel:
    return FaultModel(V1, candidate.usual, candidate.metrics.threshold, candidate.pipeline)


@ALGORITHMS
def test_a_film_gets_the_same_answer_alone_and_in_a_batch(algorithm: Algorithm) -> None:
    model, sensors = model_of(fitted(algorithm)), some_films(80, seed=7).sensors
    together = model.predict(sensors)
    alone = [model.predict(sensors[row : row + 1]) for row in range(len(sensors))]
    assert together.faults.any()
    assert not together.faults.all()
    for name in ("scores", "values"):
        np.testing.assert_array_equal(np.concatenate([getattr(one, name) for one in alone]), getattr(together, name))


@ALGORITHMS
def test_it_alarms_exactly_where_the_predicted_value_leaves_its_limits(algorithm: Algorithm) -> None:
    said = model_of(fitted(algorithm)).predict(some_films(400, seed=3).sensors)
    assert said.values is not None
    np.testing.assert_array_equal(said.faults, outside(TARGET, said.values))


def test_a_value_may_be_too_low_and_too_high() -> None:
    between = with_target(low=5.0, high=10.0)
    candidate = a_candidate_for_films(some_films(), between)
    said = model_of(candidate).predict(some_films(400, seed=3).sensors)
    assert said.values is not None
    assert (said.values < 5).any()
    assert (said.values > 10).any()
    assert between.target is not None
    np.testing.assert_array_equal(said.faults, outside(between.target, said.values))


@ALGORITHMS
def test_what_it_predicts_is_as_near_to_what_is_measured_as_the_hold_out_says(algorithm: Algorithm) -> None:
    candidate, unseen = fitted(algorithm), some_films(2000, seed=9)
    said = model_of(candidate).predict(unseen.sensors)
    assert said.values is not None
    assert unseen.values is not None
    found = candidate.metrics.value
    assert found is not None
    errors = np.abs(said.values - unseen.values)
    assert found.r2 > 0.8
    assert errors.mean() == pytest.approx(found.mae, rel=0.25)


def test_the_doubt_of_a_model_that_can_follow_the_values_comes_true() -> None:
    unseen = some_films(3000, seed=9)
    said = model_of(a_candidate_for_films(algorithm="hgb")).predict(unseen.sensors)
    doubtful = (said.scores > 0.2) & (said.scores < 0.8)
    assert np.count_nonzero(doubtful) > 50
    assert np.mean(said.scores[doubtful]) == pytest.approx(np.mean(unseen.fault[doubtful]), abs=0.15)


def test_r2_mae_and_mse_are_of_the_hold_out() -> None:
    candidate = fitted("lr")
    found, truth = candidate.metrics.value, candidate.hold_out.values
    said = model_of(candidate).predict(candidate.hold_out.sensors).values
    assert found is not None
    assert truth is not None
    assert said is not None
    errors = truth - said
    assert found.mae == pytest.approx(np.abs(errors).mean())
    assert found.mse == pytest.approx((errors**2).mean())
    assert found.r2 == pytest.approx(1 - (errors**2).sum() / ((truth - truth.mean()) ** 2).sum())
    assert found.rows == len(candidate.hold_out)


@ALGORITHMS
def test_base_and_pushes_add_up_to_the_value_in_its_unit(algorithm: Algorithm) -> None:
    pipeline, sensors = fitted(algorithm).pipeline, some_films(20, seed=3).sensors
    found = Explainer(pipeline).contributions(sensors)
    assert found.pushes.shape == (20, len(FILM.inputs)), "one push a sensor, however many words it has"
    values = model_of(fitted(algorithm)).predict(sensors).values
    assert values is not None
    np.testing.assert_allclose(found.base + found.pushes.sum(axis=1), values, rtol=1e-6, atol=1e-6)


@ALGORITHMS
def test_what_makes_a_thin_film_permeable_are_its_gauges(algorithm: Algorithm) -> None:
    found = Explainer(fitted(algorithm).pipeline).contributions(a_film(THIN - 1))
    gauges = [column for column, sensor in enumerate(FILM.inputs) if sensor.name.startswith("calibre")]
    assert found.pushes[0, gauges].sum() > 1
    assert found.pushes[0, gauges].sum() > 2 * np.abs(np.delete(found.pushes[0], gauges)).sum()


def test_a_value_that_is_too_low_is_explained_by_what_lowered_it() -> None:
    between = with_target(low=7.0, high=30.0)
    candidate = a_candidate_for_films(some_films(), between)
    row = a_film(22.0)
    reading = ScoredReading(V1, "line-1", NOON, row[0].tolist(), 0.9, None)
    (value,) = model_of(candidate).predict(row).values  # type: ignore[misc]  # it has values
    found = value_explanation(
        between, candidate.usual, reading, Explainer(candidate.pipeline).contributions(row), float(value)
    )
    assert found.spoke_for == "a lower permeability"
    assert found.margin == pytest.approx(-value)
    assert {push.sensor[:7] for push in shown_pushes(found)} == {"calibre"}


def test_the_order_of_the_words_says_nothing() -> None:
    random = np.random.default_rng(1)
    films = some_films(600)
    assert films.values is not None
    odd = {
        0: 0.0,
        1: 6.0,
        2: 0.0,
        3: 6.0,
    }  # the second and the last let more through: no line through the numbers says so
    films.values[:] = 4 + np.array([odd[int(word)] for word in films.sensors[:, 2]]) + random.normal(0, 0.1, 600)
    films.fault[:] = outside(with_target(high=7.0).target, films.values)  # type: ignore[arg-type]  # it has one
    candidate = a_candidate_for_films(films, with_target(high=7.0))
    assert candidate.metrics.value is not None
    assert candidate.metrics.value.r2 > 0.98


def test_a_structure_that_nobody_knows_is_kept_and_not_judged() -> None:
    rows = np.vstack([a_film(17), a_film(17), a_film(17)])
    rows[:, 2] = [1, 1.5, 9]
    assert QualityCheck(FILM).flags(rows).tolist() == [Quality.GOOD, Quality.OUT_OF_RANGE, Quality.OUT_OF_RANGE]


@pytest.mark.parametrize(("separator", "decimal"), [(",", "."), (";", ",")])
def test_the_older_systems_file_is_read_with_its_words_and_without_the_samples_number(
    tmp_path: Path, separator: str, decimal: str
) -> None:
    dialect = msgspec.structs.replace(FILM.csv, separator=separator, decimal=decimal)
    films = some_films(40)
    found = read_history(
        written(tmp_path / "films.csv", films, separator, decimal), msgspec.structs.replace(FILM, csv=dialect)
    )
    np.testing.assert_array_equal(found.sensors, films.sensors)
    np.testing.assert_array_equal(found.values, films.values)
    np.testing.assert_array_equal(found.fault, films.fault)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("PET", "Papel", r"row \d+, column 'Estructura': 'Papel' is none of BOPP, PET, PE, PA"),
        ("Permeabilidad", "Resultado", r"no column 'Permeabilidad' \(the measured permeability\)"),
    ],
)
def test_what_a_file_lacks_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = written(tmp_path / "films.csv", some_films(40))
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_history(path, FILM)


def test_a_row_without_a_measured_value_is_named(tmp_path: Path) -> None:
    films = some_films(10)
    assert films.values is not None
    films.values[4] = np.nan
    with pytest.raises(UserError, match=r"row 6, column 'Permeabilidad': 'nan' is no measured number"):
        read_history(written(tmp_path / "films.csv", films), FILM)


def test_measured_values_come_back_from_the_bucket_to_the_last_bit() -> None:
    films = some_films(50)
    found = _decode(FILM, base_data(FILM, films).content)
    np.testing.assert_array_equal(found.values, films.values)


def test_the_kinds_of_model_are_compared_by_what_they_explain_of_the_values() -> None:
    told: list[str] = []
    chosen = choose(FILM, some_films(300), Recipe(), TrainingOptions("compare"), [], told.append, Budget())
    assert "was best of all (R² of the permeability by cross validation" in chosen.how
    assert len(told) == 3


def test_parameters_are_searched_among_those_that_a_regression_has() -> None:
    told: list[str] = []
    options = TrainingOptions("lr", search=True)
    chosen = choose(FILM, some_films(200), Recipe(), options, [], told.append, Budget(trials=4, seconds=60))
    assert set(chosen.recipe.parameters) <= {"alpha"}
    assert any("alpha" in line for line in told[1:])


def test_simulated_films_follow_the_formula_of_the_machines_file() -> None:
    past = simulated_history(FILM, 8, 2000, 3, 0.1)
    assert past.values is not None
    celsius, humidity, structure, *gauges = past.sensors.T
    expected = 6.5 * (1 + 0.12 * structure) * (1 + 0.03 * (celsius - 23)) * (0.5 + 0.012 * humidity) * 17
    errors = past.values - expected / np.mean(gauges, axis=0)
    assert abs(errors.mean()) < 0.03
    assert errors.std() == pytest.approx(TARGET.noise, rel=0.1)
    np.testing.assert_array_equal(past.fault, outside(TARGET, past.values))
    assert set(past.sensors[:, 2].tolist()) <= set(WORDS.values())


def test_films_that_were_all_approved_or_all_rejected_are_said_with_what_to_do() -> None:
    films = some_films(60)
    with pytest.raises(UserError, match=r"no permeability beyond the limits of \[target\].*; learn from more rows"):
        a_candidate_for_films(films.rows(~films.fault))
    with pytest.raises(UserError, match=r"check \[target\] in the machine's file: every permeability is beyond"):
        a_candidate_for_films(films.rows(films.fault))


def test_too_few_measured_values_are_refused_with_their_number() -> None:
    films = some_films(60)
    assert films.values is not None
    films.values[5:] = np.nan
    with pytest.raises(UserError, match=r"rows with a measured permeability to train on: at least 10 are needed"):
        a_candidate_for_films(films)


def test_an_alert_says_what_was_predicted_and_its_limit() -> None:
    facts = AlertFacts(7, FILM.name, "Film", "line-1", NOON, 0.97, (), 3, predicted=predicted(TARGET, 13.42))
    text = alert_text(facts, "UTC", PLAIN)
    assert "Predicted: permeability 13.42 g/m²·day, limit 10 (97 % likely beyond it)" in text
    assert "likely a fault" not in text


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(None, 20.0, "limit 20"), (3.0, None, "at least 3"), (3.0, 20.0, "limits 3 to 20")],
)
def test_limits_are_told_as_they_are(low: float | None, high: float | None, words: str) -> None:
    assert predicted(msgspec.structs.replace(TARGET, low=low, high=high), 25).words().endswith(words)


_FILE = """
task = "regression"
[[sensors]]
name = "gauge"
usual = [1, 2]
[target]
"""


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ('name = "value"', "needs a limit, low or high"),
        ('name = "value"\nlow = 3\nhigh = 3', "must be more than low"),
        ('name = "gauge"\nhigh = 3', "a sensor is named gauge"),
        ('name = "value"\nhigh = 3\nsimulated = "gage * 2"', "no sensor named gage"),
    ],
)
def test_a_target_that_cannot_be_is_named(target: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        parse_machine(_FILE + target, "film", "film.toml")


def test_a_target_belongs_to_a_regression_and_a_regression_has_one() -> None:
    with pytest.raises(UserError, match="is what task `regression` predicts, and no other task"):
        parse_machine(_FILE.replace("[target]", ""), "film", "film.toml")
    with pytest.raises(UserError, match="is what task `regression` predicts, and no other task"):
        parse_machine(_FILE.replace("regression", "fault") + 'name = "value"\nhigh = 3', "film", "film.toml")
