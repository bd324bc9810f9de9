"""`/inference` and `/train`, as the older system of packaging film had them."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.api_key import Scope
from core.named_models import NamedVersion
from tests.api_rig import ApiRig, a_model
from tests.films import FILM, WORDS

FILM_SENT: dict[str, Any] = {
    "Muestra": 1,
    "Grados_C": 25.6,
    "Porc_Humedad": 23,
    "Estructura": "BOPP",
    **{f"Calibre{number}": 16.4 for number in range(1, 6)},
    "CalibreProm": 16.4,
}
NEITHER = "Input should be a valid number, less than or equal to 3e+38 either way, or a word"
ROW = np.array([[25.6, 23.0, 0.0, *[16.4] * 5]])


@pytest.fixture(scope="module")
def rig() -> ApiRig:
    made = ApiRig()
    made.named.known = [NamedVersion("0.2", "failed", None), NamedVersion("0.1", "refused", 1)]
    made.models.follows = ("press", FILM.name)
    return made


def test_the_documented_film_gets_a_value_by_the_version_of_that_name(rig: ApiRig) -> None:
    answer = rig.program.post("/inference", json={"version": "0.1", "data_test": FILM_SENT})
    values = a_model(FILM.name).predict(ROW).values
    assert values is not None
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "version": "0.1",
        "model_version": 1,
        "prediction": float(values[0]),
        "unit": "g/m²·day",
        "low": None,
        "high": 10.0,
        "approved": bool(values[0] <= 10),
    }


def test_without_a_version_the_model_in_service_answers_as_the_newer_path_does(rig: ApiRig) -> None:
    older = rig.program.post("/inference", json={"data_test": FILM_SENT}).json()
    sensors = dict(zip(FILM.sensor_names, ROW[0].tolist(), strict=True))
    newer = rig.program.post(f"/api/v1/machines/{FILM.name}/predict", json={"sensors": sensors}).json()
    assert (older["version"], older["model_version"]) == (None, newer["model_version"])
    assert (older["prediction"], not older["approved"]) == (newer["verdict"]["value"], newer["verdict"]["fault"])


@pytest.mark.parametrize(
    ("path", "body_of"),
    [
        ("predict", lambda sensors: {"json": {"sensors": sensors}}),
        ("predict/batch", lambda sensors: {"json": {"readings": [{"sensors": sensors}]}}),
        ("predict/file", lambda sensors: {"files": {"file": ("film.json", json.dumps([sensors]))}}),
    ],
)
def test_a_word_is_scored_as_the_number_that_it_stands_for(
    rig: ApiRig, path: str, body_of: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    film: dict[str, Any] = dict(zip(FILM.sensor_names, ROW[0].tolist(), strict=True))

    def said_of(structure: str | float) -> Any:  # as JSON has it
        body = body_of(film | {"estructura": structure})
        return rig.program.post(f"/api/v1/machines/{FILM.name}/{path}", **body).json()

    assert said_of("PA") == said_of(WORDS["PA"]) != said_of("BOPP")
    assert said_of("BOPP")["model_version"] == 1, said_of("BOPP")


@pytest.mark.parametrize(
    ("sensors", "words"),
    [
        ({"estructura": "bopp"}, "reading 0, estructura: 'bopp' is none of BOPP, PET, PE, PA"),
        ({"estructura": "2"}, "reading 0, estructura: '2' is none of BOPP, PET, PE, PA"),
        ({"calibre1": "BOPP"}, "reading 0, calibre1: Input should be a valid number, and is 'BOPP'"),
        ({"estructura": ["BOPP"]}, f"body.sensors.estructura: {NEITHER}"),
    ],
)
def test_what_is_no_word_of_its_sensor_is_refused_by_name(rig: ApiRig, sensors: dict[str, Any], words: str) -> None:
    answer = rig.program.post(f"/api/v1/machines/{FILM.name}/predict", json={"sensors": sensors})
    assert (answer.status_code, answer.json()["detail"]) == (422, words)


def test_what_is_no_word_of_its_sensor_is_refused_in_a_file_too(rig: ApiRig) -> None:
    film = dict(zip(FILM.sensor_names, ROW[0].tolist(), strict=True)) | {"estructura": "PVC"}
    files = {"file": ("film.json", json.dumps([film]))}
    answer = rig.program.post(f"/api/v1/machines/{FILM.name}/predict/file", files=files)
    words = "row 2, column 'estructura': 'PVC' is none of BOPP, PET, PE, PA"
    assert (answer.status_code, answer.json()["detail"]) == (422, words)


def test_a_film_that_lets_too_much_through_is_rejected(rig: ApiRig) -> None:
    thin = FILM_SENT | {"Porc_Humedad": 80, "Estructura": "PA", **{f"Calibre{number}": 9.0 for number in range(1, 6)}}
    assert rig.program.post("/inference", json={"data_test": thin}).json()["approved"] is False


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0.9", "There is no version '0.9'; there are '0.1'."),
        ("0.2", "No model came of '0.2' (failed); there are '0.1'."),
    ],
)
def test_a_version_that_nobody_knows_is_refused_with_those_there_are(rig: ApiRig, version: str, words: str) -> None:
    answer = rig.program.post("/inference", json={"version": version, "data_test": FILM_SENT})
    assert (answer.status_code, answer.json()["detail"]) == (404, words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Estructura": "Papel"}, "Estructura is one of BOPP, PET, PE, PA, and not 'Papel'."),
        ({"Calibre3": "thick"}, "Calibre3 is no number: 'thick'."),
        ({"Calibre3": None, "Grados_C": None}, "data_test lacks Grados_C, Calibre3."),
        ({"Porc_Humedad": 130}, "porc_humedad is outside 0 to 100 %"),
    ],
)
@pytest.mark.parametrize("version", [None, "0.1"])
def test_a_film_that_cannot_be_judged_says_why(
    rig: ApiRig, changes: dict[str, object], words: str, version: str | None
) -> None:
    answer = rig.program.post("/inference", json={"version": version, "data_test": FILM_SENT | changes})
    assert (answer.status_code, answer.json()["detail"]) == (422, words)


def test_the_documented_training_is_a_request_under_its_name(rig: ApiRig) -> None:
    answer = rig.program.post("/train", json={"model": "LinearRegression", "version": "0.3", "test_size": 0.25})
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"version": "0.3", "model": "LinearRegression", "request": 1, "state": "pending"}
    via, options = rig.models.wishes[-1]
    assert (via, options.algorithm, options.called, options.dry_run) == ("api", "lr", "0.3", False)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"version": "0.1"}, 409, "The version '0.1' was asked for before: choose another name."),
        ({"version": "0.7", "model": "SVR"}, 422, "There is no model 'SVR': it is one of LinearRegression, Ridge, "),
    ],
)
def test_a_training_that_cannot_be_is_refused(rig: ApiRig, body: dict[str, str], status: int, words: str) -> None:
    answer = rig.program.post("/train", json=body)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(words)


def test_a_share_held_out_lies_between_none_and_all(rig: ApiRig) -> None:
    assert rig.program.post("/train", json={"version": "0.8", "test_size": 1.5}).status_code == 422


def test_a_key_that_may_predict_may_not_train() -> None:
    rig = ApiRig(compat_without_key=True)
    assert rig.without_key().post("/inference", json={"data_test": FILM_SENT}).status_code == 200
    assert rig.without_key().post("/train", json={"version": "1"}).status_code == 403
    predicting = rig.with_key(rig.keys.offer(Scope.PREDICT))
    assert predicting.post("/train", json={"version": "1"}).status_code == 403
    assert ApiRig().without_key().post("/inference", json={"data_test": FILM_SENT}).status_code == 401
