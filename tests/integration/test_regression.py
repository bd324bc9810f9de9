"""Film whose permeability is predicted: scored, stored, told of, and taught."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.batch import Quality
from core.errors import ModelRefused
from core.prediction import ModelVersion
from tests.film_world import FilmWorld, film_world
from tests.films import FILM, THIN, a_film, some_films, with_target

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
