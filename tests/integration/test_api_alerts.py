"""Labels over the HTTP API on a real database, under the role of the API."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from core.api_key import Scope
from core.login import Visitor
from db.engine import connect
from db.inbox import PostgresInbox
from db.shown_alerts import PostgresShownAlerts
from tests.alert_world import AlertWorld
from tests.api_rig import ApiRig


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
