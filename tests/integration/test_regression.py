"""Film whose permeability is predicted: scored, stored, told of, and taught."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from alerts.facts import ReceiptFacts, read_facts
from alerts.receipt_text import receipt_text
from app.named_models import LoadedNamedModels
from core.batch import Quality
from core.errors import ModelRefused
from core.label import Verdict
from core.login import Visitor
from core.named_models import NamedVersion
from core.prediction import ModelVersion
from core.reply import Outcome, Reply, ReplyOutcome
from core.shown_machines import Wish
from core.target import outside
from core.training_options import TrainingOptions
from db.engine import connect
from db.shown_machines import PostgresModels
from db.training import PostgresTrainingQueue
from db.version_names import PostgresVersionNames
from model.answers import predicted_values
from model.base_data import base_data
from model.fit import train
from model.recipe import Recipe
from model.retraining import retrain
from model.search_budget import Budget
from tests.film_world import FilmWorld, film_world
from tests.films import FILM, TARGET, THIN, a_candidate_for_films, a_film, some_films, with_target

V1 = ModelVersion(FILM.name, 1)
DINA = 21


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[FilmWorld]:
    with film_world(database_url, tmp_path, some_films()) as made:
        made.operator("Dina", DINA)
        yield made


def test_the_value_of_each_judged_film_is_stored_with_its_reading(world: FilmWorld) -> None:
    sensors = np.vstack([a_film(17), a_film(THIN), a_film(19, "PA"), a_film(20, humidity=50)])
    sensors[2, 2] = 7  # a structure that nobody knows
    world.films(sensors)
    said = world.release.models.load(FILM, V1).predict(sensors)
    assert said.values is not None
    stored = world.rows("SELECT kafka_offset, value FROM reading_value ORDER BY 1")
    assert [tuple(row) for row in stored] == [(row, said.values[row]) for row in (0, 1, 3)]
    readings = world.rows("SELECT score, quality FROM reading ORDER BY kafka_offset")
    expected = said.only(np.array([True, True, False, True])).scores
    np.testing.assert_array_equal([row.score for row in readings], expected)
    assert readings[2].quality == Quality.OUT_OF_RANGE


def test_an_alert_tells_the_predicted_value_and_its_limit(world: FilmWorld) -> None:
    alert = world.course(THIN - 1)
    (body,) = world.rows("SELECT body FROM outbox WHERE alert = :alert AND kind = 'alert'", alert=alert)[0]
    predicted = body["predicted"]
    assert (predicted["name"], predicted["unit"], predicted["high"]) == ("permeability", "g/m²·day", 10)
    assert predicted["value"] > 10
    assert world.one("SELECT predicted FROM alert") == predicted
    assert world.rows("SELECT limits FROM machine WHERE name = 'permeability'")[0].limits == [None, 10]


def test_other_limits_than_those_that_it_was_trained_with_refuse_a_model(world: FilmWorld) -> None:
    with pytest.raises(ModelRefused, match=r"the limits in the file of permeability changed .* none and 10\): train"):
        world.release.models.load(with_target(high=12.0), V1)
    assert world.release.models.load(FILM, V1).version == V1


def says(world: FilmWorld, text: str, alert: int | None = None) -> ReplyOutcome:
    """Dina writes to the alert's message, or plainly into her chat."""
    update = 1 + int(world.one("SELECT count(*) FROM inbox"))
    return world.inbox.accept("telegram/1", Reply("telegram", update, "{}", str(DINA), str(DINA), text, alert=alert))


def noted(outcome: ReplyOutcome) -> str:
    return receipt_text(read_facts(outcome.facts, ReceiptFacts))


def answer_of(world: FilmWorld) -> list[tuple[str, float | None]]:
    return [tuple(row) for row in world.rows("SELECT verdict, value FROM effective_label")]


def test_a_measured_value_is_noted_corrected_and_taken_back(world: FilmWorld) -> None:
    alert = world.course(THIN - 1)
    assert noted(says(world, "8,3", alert)).startswith("Thank you. Noted: false alarm: measured 8.3, line-1")
    assert answer_of(world) == [("false_alarm", 8.3)]
    assert says(world, "8.3 g/m²·day", alert).kind is Outcome.REPEATED
    assert says(world, "N", alert).kind is Outcome.REPEATED, "who measured nothing contradicts nothing"
    assert says(world, "Y 8.3", alert).kind is Outcome.NOT_UNDERSTOOD, "it contradicts itself"
    says(world, "13.4, second sample", alert)
    assert answer_of(world) == [("fault", 13.4)]
    assert world.one("SELECT comment FROM effective_label") == "second sample"
    shown = world.rows("SELECT body FROM outbox WHERE kind = 'answered' ORDER BY id DESC LIMIT 1")[0].body
    assert (shown["verdict"], shown["value"]) == ("fault", 13.4)
    assert noted(says(world, "/undo", alert)).startswith("Taken back: real fault: measured 13.4")
    assert answer_of(world) == [("false_alarm", 8.3)]


def test_a_correction_by_value_reaches_the_next_model(world: FilmWorld) -> None:
    odd: dict[str, Any] = {"structure": "PA", "celsius": 40.0}  # no film came from so hot a hall: the line is too steep
    for _ in range(4):
        says(world, "7.9", world.course(16.5, **odd))
    (one, *_) = world.release.labels.effective(FILM)
    assert (one.verdict, one.value) == (Verdict.FALSE_ALARM, 7.9)
    before = world.release.models.load(FILM, V1).predict(a_film(16.5, **odd)).values
    told: list[str] = []
    outcome = retrain(world.release, FILM, TrainingOptions("hgb"), "ada", told.append, Budget())
    assert outcome.promoted, outcome.reason
    assert "nearer to" in "\n".join([outcome.reason, *told])
    after = world.release.models.load(FILM, ModelVersion(FILM.name, 2)).predict(a_film(16.5, **odd))
    assert before is not None
    assert after.values is not None
    assert before[0] > 10
    assert abs(after.values[0] - 7.9) < 0.6
    assert not after.faults.any()


def test_an_answer_without_a_number_judges_and_does_not_teach(world: FilmWorld) -> None:
    says(world, "N", world.course(THIN - 1))
    labels = world.release.labels.effective(FILM)
    assert [(one.verdict, one.value) for one in labels] == [(Verdict.FALSE_ALARM, None)]
    films = some_films()
    plain, with_label = (
        train(FILM, films, Recipe("lr"), incidents, lambda _: None).pipeline for incidents in ([], labels)
    )
    sensors = films.sensors[:50]
    np.testing.assert_array_equal(predicted_values(plain, sensors), predicted_values(with_label, sensors))


def test_the_gate_refuses_a_model_that_predicts_worse(world: FilmWorld) -> None:
    films = some_films()
    assert films.values is not None
    shuffled = some_films()
    assert shuffled.values is not None
    shuffled.values[:] = films.values + np.random.default_rng(1).normal(0, 3, len(films))
    worse = a_candidate_for_films(shuffled)
    assert worse.hold_out.values is not None
    held_out = {row.tobytes(): value for row, value in zip(films.sensors, films.values.tolist(), strict=True)}
    worse.hold_out.values[:] = [held_out[row.tobytes()] for row in worse.hold_out.sensors]  # judged by the truth
    worse.hold_out.fault[:] = outside(TARGET, worse.hold_out.values)
    outcome = world.release.offer(worse, base_data(FILM, films), "ada", lambda _: None)
    assert not outcome.promoted
    assert "worse on the hold-out" in outcome.reason


def test_a_training_under_a_name_leads_to_the_version_of_that_name(world: FilmWorld, database_url: str) -> None:
    engines = {role: connect(database_url, role) for role in ("api", "trainer")}
    eve = Visitor(world.operator("Eve", 22, "engineer"), "Eve", "engineer", "UTC")
    names = PostgresVersionNames(engines["api"])
    models = PostgresModels(engines["api"])
    assert models.retrain(eve, FILM.name, TrainingOptions("lr", called="0.1"), "api").wish is Wish.REQUESTED
    assert names.of(FILM.name) == [NamedVersion("0.1", "pending", None)]
    queue = PostgresTrainingQueue(engines["trainer"])
    request = queue.claim("trainer", [FILM.name], 60)
    assert request is not None
    assert request.options.called == "0.1"
    outcome = retrain(world.release, FILM, request.options, request.asked_by, lambda _: None, Budget())
    queue.finish(request, "trainer", outcome.state, msgspec.to_builtins(outcome))
    assert names.of(FILM.name) == [NamedVersion("0.1", outcome.state, 2)]
    named = LoadedNamedModels(names, world.release.models)
    assert named.load(FILM, 2) is named.load(FILM, 2), "it is verified once"
    assert named.load(FILM, 2).version == ModelVersion(FILM.name, 2)
    for engine in engines.values():
        engine.dispose()
