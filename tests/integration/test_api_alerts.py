"""Labels over the HTTP API on a real database, under the role of the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from core.api_key import Scope
from core.login import Visitor
from db.engine import connect
from db.inbox import PostgresInbox
from db.shown_alerts import PostgresShownAlerts
from tests.alert_world import AlertWorld
from tests.api_rig import ApiRig
from tests.film_world import film_world
from tests.films import FILM, TARGET, THIN, some_films
from tests.plate_world import plate_world
from tests.plates import PLATES, some_plates


@pytest.fixture
def api(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "api")
    yield engine
    engine.dispose()


def test_a_programs_answer_labels_the_incidents_readings_and_can_be_taken_back(world: AlertWorld, api: Engine) -> None:
    rig = ApiRig(alerts=PostgresShownAlerts(api), inbox=PostgresInbox(api))
    anna = Visitor(int(world.one("SELECT id FROM operator WHERE name = 'Anna'")), "Anna", "operator", "UTC")
    program = rig.with_key(rig.keys.offer(Scope.READ, Scope.LABEL, visitor=anna))
    number = world.alert()
    path = f"/api/v1/alerts/{number}"
    labelled = program.post(f"{path}/label", json={"verdict": "sensor_fault", "comment": "cable loose"}).json()
    said = labelled["alert"]["label"]
    assert (labelled["outcome"], said["verdict"], said["by"]) == ("labelled", "sensor_fault", "Anna")
    assert world.one("SELECT count(*) FROM labelled_reading WHERE label = :label", label=said["label"]) > 0
    assert world.one("SELECT channel FROM inbox ORDER BY id DESC LIMIT 1") == "api"
    assert program.get(path).json()["label"]["comment"] == "cable loose"
    undone = program.delete(f"{path}/label", params={"label": said["label"]}).json()
    assert (undone["outcome"], undone["alert"]["label"]) == ("undone", None)

    stranger = Visitor(anna.id + 99, "Nobody", "operator", "UTC")
    other = rig.with_key(rig.keys.offer(Scope.READ, Scope.LABEL, visitor=stranger))
    assert other.post(f"{path}/label", json={"verdict": "fault"}).status_code == 404
    assert other.get("/api/v1/alerts").json() == []


def test_a_program_tells_what_was_measured_of_a_film_whose_value_was_predicted(
    database_url: str, api: Engine, tmp_path: Path
) -> None:
    with film_world(database_url, tmp_path, some_films()) as world:
        dina = world.operator("Dina", 21)
        number = world.course(THIN - 1)
        program = program_of(api, Visitor(dina, "Dina", "operator", "UTC"))
        path = f"/api/v1/alerts/{number}"
        told = program.get(path).json()["predicted"]
        stored = world.one("SELECT predicted FROM alert WHERE id = :alert", alert=number)
        assert (told["name"], told["unit"], told["low"], told["high"]) == (TARGET.name, TARGET.unit, None, TARGET.high)
        assert told["value"] == stored["value"] > 10
        for measured, verdict in ((8.3, "false_alarm"), (13.4, "fault")):
            labelled = program.post(f"{path}/label", json={"measured": measured, "comment": "second sample"}).json()
            said = labelled["alert"]["label"]
            assert (labelled["outcome"], said["verdict"], said["measured"]) == ("labelled", verdict, measured)
        assert program.post(f"{path}/label", json={"measured": 13.4}).json()["outcome"] == "repeated"
        (one,) = world.release.labels.effective(FILM)
        assert one.value == 13.4, "the next model learns it"
        undone = program.delete(f"{path}/label", params={"label": said["label"]}).json()
        assert undone["alert"]["label"]["measured"] == 8.3, "the answer before it counts again"
        assert program.post(f"{path}/label", json={"defect": "Stains"}).status_code == 422


def test_a_program_names_the_defect_that_a_plate_shows(database_url: str, api: Engine, tmp_path: Path) -> None:
    with plate_world(database_url, tmp_path, some_plates(900)) as world:
        world.operator("Dina", 21)
        number = world.plate(4)
        dina = int(world.one("SELECT id FROM operator"))
        program = program_of(api, Visitor(dina, "Dina", "operator", "UTC"))
        path = f"/api/v1/alerts/{number}"
        shown = program.get(path).json()
        assert shown["defects"][0]["defect"] == "Stains"
        assert len(shown["defects"]) == 3
        assert shown["predicted"] is None
        labelled = program.post(f"{path}/label", json={"defect": "z scratch"}).json()
        said = labelled["alert"]["label"]
        assert (said["verdict"], said["defect"], said["measured"]) == ("fault", "Z_Scratch", None)
        (one,) = world.release.labels.effective(PLATES)
        assert one.defect == "Z_Scratch", "the next model learns it"
        assert program.post(f"{path}/label", json={"measured": 8.3}).status_code == 422


def program_of(api: Engine, visitor: Visitor) -> TestClient:
    """With a key of this operator, on the real database."""
    rig = ApiRig(alerts=PostgresShownAlerts(api), inbox=PostgresInbox(api))
    return rig.with_key(rig.keys.offer(Scope.READ, Scope.LABEL, visitor=visitor))
