import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx
import numpy as np
import pytest

from api.v1.batching import MicroBatcher
from core.api_key import Scope
from core.batch import Floats
from core.ports.models import Model
from core.prediction import ModelVersion, Predictions, UsualRange
from tests.api_rig import LIMIT_BYTES, MACHINES, ApiRig, a_model, as_sensors, readings_of

HOT = {"temperature": 99.5, "vibration": 4.9, "humidity": 50.2}
PATH = "/api/v1/machines/equipment/predict"


@pytest.fixture(scope="module")
def rig() -> ApiRig:
    return ApiRig()


def test_one_reading_is_scored_by_the_champion(rig: ApiRig) -> None:
    answer = rig.program.post(PATH, json={"sensors": HOT})
    assert answer.status_code == 200
    row = np.array([[99.5, 4.9, 50.2, np.nan]])
    (score,) = a_model("equipment").predict(row).scores.tolist()
    assert answer.json() == {
        "machine": "equipment",
        "model_version": 1,
        "verdict": {
            "fault": True,
            "probability": score,
            "defect": None,
            "defects": [],
            "value": None,
            "problems": [],
            "spoke_for": None,
            "explanation": None,
        },
    }


def test_an_explanation_names_every_sensor_the_strongest_push_first(rig: ApiRig) -> None:
    verdict = rig.program.post(PATH, params={"explain": True}, json={"sensors": HOT}).json()["verdict"]
    assert verdict["spoke_for"] == "a fault"
    found = verdict["explanation"]
    assert {one["sensor"] for one in found} == {"temperature", "vibration", "humidity", "pressure"}
    pushes = [one["push"] for one in found]
    assert pushes == sorted(pushes, reverse=True)
    assert found[0]["push"] > 0
    assert {one["sensor"]: one["value"] for one in found}["pressure"] is None


def test_a_reading_that_the_stream_would_not_score_says_why_and_costs_its_neighbours_nothing(rig: ApiRig) -> None:
    sent = [{"sensors": HOT}, {"sensors": {"temperature": 1000, "vibration": 1}}, {"sensors": HOT | {"pressure": None}}]
    verdicts = rig.program.post(f"{PATH}/batch", json={"readings": sent}).json()["verdicts"]
    assert verdicts[1] == {
        "fault": None,
        "probability": None,
        "defect": None,
        "defects": [],
        "value": None,
        "problems": ["temperature is outside -50 to 400 °C", "humidity is missing"],
        "spoke_for": None,
        "explanation": None,
    }
    assert verdicts[0] == verdicts[2]
    assert verdicts[0]["fault"] is True


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"sensors": {"temprature": 1}}, "equipment has no sensor 'temprature'; it has temperature, vibration"),
        ({"sensors": {"temperature": "70"}}, "temperature: Input should be a valid number"),
        ({"sensors": {"temperature": True}}, "temperature: Input should be a valid number"),
        ({"sensors": {"temperature": 1e300}}, "less than or equal to"),
        ({"sensors": {}, "device": "x"}, "device: Extra inputs are not permitted"),
        ({}, "sensors: Field required"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(rig: ApiRig, body: dict[str, Any], words: str) -> None:
    answer = rig.program.post(PATH, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    "text", ['{"sensors": {"temperature": NaN}}', '{"sensors": {"temperature": 1e999}}', "[" * 90_000]
)
def test_numbers_that_no_sensor_reads_and_broken_json_are_refused(rig: ApiRig, text: str) -> None:
    answer = rig.program.post(PATH, content=text, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["status"] == answer.status_code


def test_a_machine_that_nobody_knows_is_404_and_one_without_a_model_503() -> None:
    rig = ApiRig()
    assert rig.program.post("/api/v1/machines/lathe/predict", json={"sensors": {}}).status_code == 404
    del rig.serving["equipment"]
    answer = rig.program.post(PATH, json={"sensors": HOT})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "train and promote one" in answer.json()["detail"]


def test_a_promoted_model_answers_the_next_request() -> None:
    rig = ApiRig()
    assert rig.program.post(PATH, json={"sensors": HOT}).json()["model_version"] == 1
    rig.serving["equipment"] = a_model("equipment", 2)
    assert rig.program.post(PATH, json={"sensors": HOT}).json()["model_version"] == 2


def test_without_a_good_key_nothing_is_answered_and_nothing_of_the_body_is_read() -> None:
    rig = ApiRig()
    for program in (rig.without_key(), rig.with_key("fl_wrong"), rig.with_key("")):
        answer = program.post(PATH, content=b"x" * (2 * LIMIT_BYTES))
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    basic = rig.without_key().post(PATH, json={"sensors": HOT}, headers={"Authorization": "Basic YTpi"})
    assert basic.status_code == 401


def test_a_key_opens_what_its_scopes_say_and_nothing_once_it_is_revoked(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = ApiRig()
    reader = rig.with_key(rig.keys.offer(Scope.READ))
    assert "lacks the scope predict" in reader.post(PATH, json={"sensors": HOT}).json()["detail"]
    asked = rig.keys.asked
    assert [rig.program.post(PATH, json={"sensors": HOT}).status_code for _ in range(5)] == [200] * 5
    assert rig.keys.asked <= asked + 1, "a key is looked up once in a few seconds"
    rig.keys.revoke_all()
    monkeypatch.setattr("api.v1.keys.REMEMBERED_S", 0.0)
    assert rig.program.post(PATH, json={"sensors": HOT}).status_code == 401


def test_a_body_past_the_limit_is_refused_however_its_length_is_said() -> None:
    rig = ApiRig()
    large = b'{"sensors": {' + b" " * LIMIT_BYTES + b"}}"
    for content in (large, iter([large[: LIMIT_BYTES // 2]] * 3)):
        answer = rig.program.post(PATH, content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 413
        assert "API_BODY_LIMIT_BYTES" in answer.json()["detail"]


def test_whoever_asks_too_often_is_told_when_to_come_again() -> None:
    rig = ApiRig(requests_per_s=1)
    found = [rig.program.post(PATH, json={"sensors": HOT}) for _ in range(4)]
    assert [one.status_code for one in found[:2]] == [200, 200]
    assert found[-1].status_code == 429
    assert int(found[-1].headers["retry-after"]) >= 1


class _Slow:
    """Counts what it is given, and works while others come."""

    version = ModelVersion("equipment", 1)
    usual: ClassVar[Mapping[str, UsualRange]] = {}

    def __init__(self, model: Model) -> None:
        self._model = model
        self.sizes: list[int] = []

    def predict(self, sensors: Floats) -> Predictions:
        self.sizes.append(len(sensors))
        return self._model.predict(sensors)


def test_concurrent_single_readings_are_scored_together_each_as_if_alone() -> None:
    machine = MACHINES["equipment"]
    rows = readings_of(machine, 64, seed=3, spread=1.6)
    model = _Slow(a_model("equipment"))
    batcher = MicroBatcher(lambda: {"equipment": model}, 30)

    async def together() -> list[float]:
        found = await asyncio.gather(*(batcher.score(machine, row[None]) for row in rows))
        return [float(one.predictions.scores[0]) for one in found]

    assert asyncio.run(together()) == a_model("equipment").predict(rows).scores.tolist()
    assert len(model.sizes) <= 3, model.sizes


def test_many_programs_at_once_each_get_their_own_answer() -> None:
    rig = ApiRig()
    machine = MACHINES["equipment"]
    rows = readings_of(machine, 40, seed=4, spread=1.6)
    key = rig.keys.offer(Scope.PREDICT)

    async def ask() -> list[float]:
        transport = httpx.ASGITransport(rig.app)
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as client:
            sent = [client.post(PATH, json={"sensors": as_sensors(machine, row)}) for row in rows]
            return [answer.json()["verdict"]["probability"] for answer in await asyncio.gather(*sent)]

    assert asyncio.run(ask()) == a_model("equipment").predict(rows).scores.tolist()
    assert rig.batcher.batches < len(rows)


class _Frail:
    """Breaks on one reading."""

    version = ModelVersion("equipment", 1)
    usual: ClassVar[Mapping[str, UsualRange]] = {}

    def predict(self, sensors: Floats) -> Predictions:
        if (sensors[:, 0] == 66.6).any():
            raise ZeroDivisionError
        return a_model("equipment").predict(sensors)


def test_a_reading_that_breaks_the_model_says_so_and_its_neighbours_are_scored() -> None:
    rig = ApiRig()
    rig.serving["equipment"] = _Frail()
    sent = [{"sensors": HOT}, {"sensors": HOT | {"temperature": 66.6}}, {"sensors": HOT}]
    verdicts = rig.program.post(f"{PATH}/batch", json={"readings": sent}).json()["verdicts"]
    assert [one["fault"] for one in verdicts] == [True, None, True]
    assert verdicts[1]["problems"] == ["the model cannot score this reading"]


def test_the_description_says_every_path_with_its_key_and_examples(rig: ApiRig) -> None:
    described = rig.without_key().get("/api/v1/openapi.json").json()
    for path, methods in described["paths"].items():
        for method in methods.values():
            assert method["security"] == [{"HTTPBearer": method["security"][0]["HTTPBearer"]}], path
            assert "401" in method["responses"] or not path.startswith("/api/v1/")
    sensors = described["components"]["schemas"]["Sent"]["properties"]["sensors"]
    assert [example.get("estructura") for example in sensors["examples"]] == [None, "BOPP"]
    assert [kind["type"] for kind in sensors["additionalProperties"]["anyOf"]] == ["number", "string", "null"]


def test_the_older_path_of_equipment_answers_in_its_own_shape() -> None:
    rig = ApiRig(compat_without_key=True)
    program = rig.without_key()
    answer = program.post("/api/predict", json={"temperature": 70.1, "vibration": 1.6, "humidity": 50.2})
    (score,) = a_model("equipment").predict(np.array([[70.1, 1.6, 50.2, np.nan]])).scores.tolist()
    assert answer.json() == {"prediction": 0, "probability_faulty": score}
    missing = program.post("/api/predict", json={"temperature": 70.1})
    assert (missing.status_code, missing.json()) == (
        400,
        {"error": "Missing one or more required fields: temperature, vibration, humidity"},
    )
    wrong = program.post("/api/predict", json={"temperature": "hot", "vibration": 1.6, "humidity": 50.2})
    assert (wrong.status_code, wrong.json()) == (400, {"error": "Not a number: temperature"})
    assert program.post(PATH, json={"sensors": HOT}).status_code == 401, "only the older paths are open"
    assert ApiRig().without_key().post("/api/predict", json={}).status_code == 401


NAB = "/api/v1/machines/machine_temperature/predict"


def test_a_machine_with_rolling_sensors_says_which_readings_it_needs_beside_this_one(rig: ApiRig) -> None:
    answer = rig.program.post(NAB, json={"sensors": {"temperature": 80.0}})
    assert answer.status_code == 422
    assert answer.json()["detail"] == (
        "reading 0: machine_temperature computes hour_mean, hour_std, hour_min, hour_max from the device's last"
        " readings: send the 11 before this one as `earlier`, the oldest first (fewer of a device that has sent no"
        " more)"
    )


def test_rolling_sensors_are_computed_from_the_readings_before_or_sent_as_they_were_stored(rig: ApiRig) -> None:
    earlier = [{"temperature": 70.0 + number} for number in range(11)]
    query = {"explain": True}
    sent = {"sensors": {"temperature": 81.0}, "earlier": earlier}
    computed = rig.program.post(NAB, params=query, json=sent).json()["verdict"]
    values = {one["sensor"]: one["value"] for one in computed["explanation"]}
    assert (values["hour_mean"], values["hour_min"], values["hour_max"]) == (75.5, 70.0, 81.0)

    stored = rig.program.post(NAB, params=query, json={"sensors": values}).json()["verdict"]
    assert stored == computed
    new = rig.program.post(NAB, params=query, json={**sent, "earlier": []}).json()["verdict"]
    assert {one["value"] for one in new["explanation"] if one["sensor"] != "temperature"} == {None}
