import pytest

from core.api_key import Scope
from core.login import Visitor
from core.shown_devices import Course, ShownDevice, Trouble
from tests.api_rig import ApiRig
from tests.builders import NOON

PUMP = ShownDevice("equipment", "pump-7", NOON, 0.97, in_trouble=True)
PATH = "/api/v1/machines/equipment/devices/pump-7"


@pytest.fixture
def rig() -> ApiRig:
    rig = ApiRig()
    rig.devices.shown = [PUMP, ShownDevice("lathe", "lathe-1", None, None, in_trouble=False)]
    rig.devices.courses["equipment", "pump-7"] = Course([NOON, NOON], [0.2, None], [("temperature", [71.5, None])])
    rig.devices.incidents["equipment", "pump-7"] = [Trouble(3, NOON, None)]
    return rig


def test_machines_and_devices_are_those_that_the_keys_operator_follows(rig: ApiRig) -> None:
    (machine,) = rig.program.get("/api/v1/machines").json()
    assert (machine["machine"], machine["devices"], machine["champion"]) == ("press", 3, 2)
    rig.devices.foreign = {"lathe"}
    (device,) = rig.program.get("/api/v1/devices").json()
    assert (device["device"], device["probability"], device["in_trouble"]) == ("pump-7", 0.97, True)
    assert rig.program.get("/api/v1/devices", params={"search": "lathe"}).json() == []
    assert rig.program.get("/api/v1/devices", params={"skip": 1}).json() == []


def test_a_devices_readings_and_incidents(rig: ApiRig) -> None:
    noon = "2026-03-01T12:00:00Z"
    assert rig.program.get(f"{PATH}/readings").json() == [
        {"time": noon, "probability": 0.2, "sensors": {"temperature": 71.5}},
        {"time": noon, "probability": None, "sensors": {"temperature": None}},
    ]
    assert rig.program.get(f"{PATH}/incidents").json() == [{"alert": 3, "since": noon, "until": None}]


def test_a_device_of_a_machine_that_the_operator_does_not_follow_is_404(rig: ApiRig) -> None:
    rig.devices.foreign = {"equipment"}
    for what in ("readings", "incidents"):
        assert rig.program.get(f"{PATH}/{what}").status_code == 404


def test_what_would_break_the_database_is_refused_before(rig: ApiRig) -> None:
    assert rig.program.get("/api/v1/devices", params={"search": "\0"}).status_code == 422
    assert rig.program.get("/api/v1/devices", params={"count": 10**9}).status_code == 422


def test_models_and_trainings_and_the_wish_for_a_new_one(rig: ApiRig) -> None:
    found = rig.program.get("/api/v1/machines/press/models").json()
    assert [(one["number"], one["champion"]) for one in found] == [(2, True), (1, False)]
    asked = rig.program.post("/api/v1/machines/press/retrain", json={"model": "rf"})
    assert (asked.status_code, asked.json()) == (202, {"request": 1, "machine": "press", "state": "pending"})
    assert rig.program.post("/api/v1/machines/press/retrain", json={}).status_code == 409
    (training,) = rig.program.get("/api/v1/machines/press/trainings").json()
    assert (training["request"], training["asked_by"], training["state"]) == (1, "Ada", "pending")
    assert rig.program.get("/api/v1/machines/lathe/models").status_code == 404


def test_the_champion_is_moved_with_a_reason_by_an_engineers_key_alone(rig: ApiRig) -> None:
    path = "/api/v1/machines/press/promote"
    assert rig.program.post(path, json={"version": 1, "reason": " "}).status_code == 422
    assert rig.program.post(path, json={"version": 2, "reason": "better"}).status_code == 409
    assert rig.program.post(path, json={"version": 9, "reason": "better"}).status_code == 404
    anna = rig.keys.offer(*Scope, visitor=Visitor(2, "Anna", "operator", "UTC"), name="anna's")
    assert rig.with_key(anna).post(path, json={"version": 1, "reason": "better"}).status_code == 403
    reader = rig.with_key(rig.keys.offer(Scope.READ, name="reader"))
    assert reader.post(path, json={"version": 1, "reason": "better"}).status_code == 403
    assert rig.champions.wishes == []
    assert rig.program.post(path, json={"version": 1, "reason": "better"}).status_code == 202
    assert rig.champions.wishes == [("override", 1, "better")]
    assert rig.program.post("/api/v1/machines/press/rollback", json={"reason": "worse"}).status_code == 409


def test_a_key_without_the_scope_reads_nothing(rig: ApiRig) -> None:
    program = rig.with_key(rig.keys.offer(Scope.PREDICT))
    for path in ("/api/v1/machines", "/api/v1/devices", f"{PATH}/readings", "/api/v1/machines/press/models"):
        assert "lacks the scope read" in program.get(path).json()["detail"]
