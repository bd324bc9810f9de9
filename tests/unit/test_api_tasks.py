"""What the HTTP API says of machines with several defects, and of those whose value is predicted."""

import numpy as np
import pytest

from app.served_models import ServedExplanations
from core.answered_rows import AnsweredRows
from core.batch import Floats
from core.machine import Machine
from core.prediction import ModelVersion
from model.explain import Explainer
from model.fit import Candidate
from model.scorer import FaultModel
from tests.api_rig import ApiRig, as_sensors
from tests.films import FILM, THIN, a_candidate_for_films, a_film, some_films, with_target
from tests.plates import PLATES, a_candidate_for_plates, plates_of


def served(candidate: Candidate) -> FaultModel:
    version = ModelVersion(candidate.machine.name, 1)
    return FaultModel(version, candidate.usual, candidate.metrics.threshold, candidate.pipeline)


@pytest.fixture(scope="module")
def rig() -> ApiRig:
    rig = ApiRig()
    rig.serving[PLATES.name] = served(a_candidate_for_plates())
    rig.serving[FILM.name] = served(a_candidate_for_films())
    return rig


def answers_to(rig: ApiRig, machine: Machine, rows: Floats) -> list[dict[str, object]]:
    sent = {"readings": [{"sensors": as_sensors(machine, row)} for row in rows]}
    path = f"/api/v1/machines/{machine.name}/predict/batch"
    found: list[dict[str, object]] = rig.program.post(path, params={"explain": True}, json=sent).json()["verdicts"]
    return found


def pushes_in(verdict: dict[str, object]) -> dict[str, float]:
    explanation = verdict["explanation"]
    assert isinstance(explanation, list)
    return {push["sensor"]: push["push"] for push in explanation}


def test_a_defective_plate_tells_its_three_likeliest_defects_and_what_spoke_for_the_first(rig: ApiRig) -> None:
    numbers = np.array([1, 4, 1, 6, 0])
    plates = plates_of(numbers, np.random.default_rng(5), 0.3)
    model = rig.serving[PLATES.name]
    assert isinstance(model, FaultModel)
    said, explainer = model.predict(plates), Explainer(model.pipeline)
    assert said.defects is not None
    verdicts = answers_to(rig, PLATES, plates)
    for row, (number, verdict) in enumerate(zip(numbers.tolist()[:4], verdicts, strict=False)):
        name, defects = PLATES.classes[number], verdict["defects"]
        assert isinstance(defects, list)
        probabilities = [one["probability"] for one in defects]
        of_model = dict(zip(PLATES.classes, said.defects[row].tolist(), strict=True))
        assert probabilities == sorted(of_model.values(), reverse=True)[:3]
        assert probabilities == [of_model[one["defect"]] for one in defects]
        assert (defects[0]["defect"], verdict["defect"], verdict["spoke_for"]) == (name, name, name)
        wanted = explainer.contributions_to_defect(plates[row : row + 1], number).pushes[0]
        pushes = pushes_in(verdict)
        np.testing.assert_array_equal([pushes[sensor.name] for sensor in PLATES.inputs], wanted)
    assert verdicts[0]["explanation"] != verdicts[1]["explanation"]
    quiet = verdicts[4]
    assert (quiet["fault"], quiet["defects"], quiet["spoke_for"]) == (False, [], "a fault")
    towards_a_fault = explainer.contributions(plates[4:]).pushes[0]
    np.testing.assert_array_equal([pushes_in(quiet)[sensor.name] for sensor in PLATES.inputs], towards_a_fault)


def test_a_plate_that_cannot_be_scored_has_no_defects_and_costs_its_neighbours_nothing(rig: ApiRig) -> None:
    plates = plates_of(np.array([2, 2]), np.random.default_rng(5), 0.3)
    plates[0, 0] = np.nan
    broken, other = answers_to(rig, PLATES, plates)
    assert (broken["fault"], broken["defects"], broken["spoke_for"], broken["explanation"]) == (None, [], None, None)
    assert other == answers_to(rig, PLATES, plates[1:])[0]


def test_a_predicted_value_is_explained_towards_the_limit_that_it_is_nearer_to(rig: ApiRig) -> None:
    (thin,) = answers_to(rig, FILM, a_film(THIN - 1))
    assert (thin["fault"], thin["spoke_for"], thin["defects"]) == (True, "a higher permeability", [])
    assert pushes_in(thin)["calibre1"] > 0

    between = with_target(low=7.0, high=11.0)
    model, films = served(a_candidate_for_films(some_films(), between)), np.vstack([a_film(22.0), a_film(THIN - 1)])
    scored = AnsweredRows(model, films, model.predict(films), [[], []])
    low, high = ServedExplanations().explain(between, scored)
    assert (low.spoke_for, high.spoke_for) == ("a lower permeability", "a higher permeability")
    for row, (pushed, sign) in enumerate(((low, -1), (high, 1))):
        towards_more = dict(
            zip(
                [sensor.name for sensor in between.inputs],
                Explainer(model.pipeline).contributions(films[row : row + 1]).pushes[0],
                strict=True,
            )
        )
        assert {push.sensor: sign * push.push for push in pushed.sensors} == towards_more
        assert pushed.sensors[0].push > 0
        assert pushed.sensors[0].sensor.startswith("calibre")


def test_the_description_says_what_fields_of_verdicts_and_answers_mean_with_an_example(rig: ApiRig) -> None:
    described = rig.without_key().get("/api/v1/openapi.json").json()["components"]["schemas"]
    defects = described["Prediction"]["properties"]["defects"]
    assert defects["description"].startswith("The three likeliest of a fault")
    assert [one["defect"] for one in defects["examples"][0]] == ["Stains", "Other_Faults", "K_Scatch"]
    assert "spoke_for" in described["Push"]["description"]
    assert described["NewLabel"]["properties"]["measured"]["examples"] == [8.3]
    assert "in its unit" in described["NewLabel"]["properties"]["measured"]["description"]
