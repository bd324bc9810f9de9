"""One-way services as the settings name them, from the database to a server of the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.alarms import tell_engineers
from db.engine import connect
from db.services import PostgresServices
from tests.alert_world import AlertWorld, alert_world
from tests.processes import Running, wait_until
from tests.rooms import room_of_json

ALERTS, TROUBLES = "slack-1a2b3c4d", "mailto-5e6f7a8b"


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url) as world:
        yield world


@pytest.fixture
def services(database_url: str) -> PostgresServices:
    return PostgresServices(connect(database_url, "alerts"))


def waiting(world: AlertWorld) -> list[tuple[str, str, str]]:
    return [(row.address, row.kind, row.state) for row in world.rows("SELECT * FROM outbox ORDER BY id")]


def test_alerts_go_to_those_who_want_them_and_troubles_of_our_own_to_engineers(
    world: AlertWorld, services: PostgresServices, database_url: str
) -> None:
    for _ in range(2):  # as two processes do
        services.follow({"NOTIFY_URLS": [ALERTS], "ENGINEER_URLS": [TROUBLES]})
    world.alert("press-1")
    with connect(database_url, "consumer").begin() as consumer:
        tell_engineers(consumer, world.one("SELECT id FROM machine"), "a partition halted")
    assert waiting(world) == [(ALERTS, "alert", "pending"), (TROUBLES, "text", "pending")]


def test_what_waits_for_a_service_that_is_named_no_more_is_given_up_and_told(
    world: AlertWorld, services: PostgresServices
) -> None:
    services.follow({"NOTIFY_URLS": [ALERTS], "ENGINEER_URLS": []})
    world.alert("press-1")
    services.follow({"NOTIFY_URLS": [], "ENGINEER_URLS": []})
    world.alert("press-2")
    assert waiting(world) == [(ALERTS, "alert", "dead")]
    assert world.rows("SELECT FROM operator WHERE removed_at IS NULL") == []
    (report,) = world.rows("SELECT detail FROM audit WHERE action = 'messages given up'")
    assert report.detail["messages"] == 1
    services.follow({"NOTIFY_URLS": [ALERTS], "ENGINEER_URLS": []})
    world.alert("press-3")
    assert waiting(world)[1:] == [(ALERTS, "alert", "pending")]


def test_an_alert_arrives_at_a_service_without_any_telegram(
    world: AlertWorld, database_url: str, tmp_path: Path
) -> None:
    with room_of_json() as room:
        environment = {"DATABASE_URL": database_url, "NOTIFY_URLS": f"{room.url}/shift?secret=hidden"}
        process = Running(["alerts"], environment, tmp_path / "alerts.log")
        wait_until(lambda: bool(world.rows("SELECT FROM subscription")), f"it subscribes\n{process.tail()}")
        world.alert("press-1")
        wait_until(lambda: bool(room.messages), "the alert is there")
        assert process.stop() == 0
    (message,) = room.messages
    assert "device press-1 needs attention" in message["title"]
    assert "hidden" not in (tmp_path / "alerts.log").read_text()
