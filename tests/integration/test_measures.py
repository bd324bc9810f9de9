"""What the page counts in the database, under the role that it has."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from core.reply import Reply
from db.engine import connect
from db.measures import MEASURES, PostgresMeasures
from tests.alert_world import AlertWorld

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def page(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "page")
    yield engine
    engine.dispose()


def test_an_installation_that_nobody_uses_yet_is_counted_too(page: Engine) -> None:
    found = PostgresMeasures(page).read()
    assert set(found) == set(MEASURES)
    assert found["outbox_age_seconds"] == {(): 0}
    assert found["alerts_unanswered"] == {("press",): 0}
    assert found["training_wait_seconds"] == {("press",): 0}
    assert found["inbox_timestamp_seconds"] == found["champion_version"] == found["drift_psi"] == {}


def test_alerts_their_answers_and_what_waits_are_counted(page: Engine, world: AlertWorld) -> None:
    alert = world.alert()
    world.alert("press-2")
    world.execute("UPDATE outbox SET created_at = now() - interval '100 seconds' WHERE id = 1")
    world.execute("UPDATE alert SET created_at = now() - interval '60 seconds'")
    world.inbox.accept("shell", Reply("shell", None, "{}", "Anna", "shell", "n", alert=alert))
    found = PostgresMeasures(page).read()
    assert found["alerts_total"] == found["incidents_total"] == {("press", "fault"): 2}
    assert found["incidents_open"][("press", "fault")] == 2
    assert found["alerts_unanswered"] == {("press",): 1}
    assert found["labels_total"] == {("press", "false_alarm"): 1}
    assert found["false_alarm_share"] == {("press",): 1}
    assert 60 <= found["time_to_answer_seconds"][("press", "0.5")] < 90
    assert 100 <= found["outbox_age_seconds"][()] < 130
    assert found["outbox_messages"][("pending",)] >= 2
    assert found["inbox_updates_total"] == {("labelled",): 1}
    assert found["partitions_halted"] == {("readings.press",): 0}


def test_champions_that_are_refused_drift_and_requests_that_nobody_takes_are_counted(
    page: Engine, world: AlertWorld
) -> None:
    for statement in _A_MACHINE_IN_TROUBLE:
        world.execute(statement)
    found = PostgresMeasures(page).read()
    assert found["champion_version"] == {("press",): 1}
    assert found["champion_refused"] == {("press",): 1}
    assert found["drift_psi"] == {("press", "temperature"): 0.5}
    assert found["drifting"] == {("press", "temperature"): 1, ("press", ""): 0}
    assert found["training_requests"] == {("press", "pending"): 1}
    assert 300 <= found["training_wait_seconds"][("press",)] < 330
    assert found["partitions_halted"] == {}
    world.execute("INSERT INTO model_load (process, machine, number, outcome) VALUES ('b', 1, 1, 'loaded')")
    assert PostgresMeasures(page).read()["champion_refused"] == {("press",): 0}


def test_the_page_counts_replies_and_cannot_read_one(page: Engine) -> None:
    with page.connect() as connection, pytest.raises(Exception, match="permission denied"):
        connection.execute(text("SELECT raw FROM inbox"))


_VERSION = """
    INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key, manifest_version_id,
                               sha256, algorithm, threshold, created_by)
    VALUES (1, 1, 'm', 'v', 'm', 'v', 's', 'lr', 0.5, 'Anna')"""
_A_MACHINE_IN_TROUBLE = (
    _VERSION,
    "INSERT INTO promotion (machine, number, kind, decided_by, reason) VALUES (1, 1, 'first', 'Anna', 'the first')",
    "INSERT INTO model_load (process, machine, number, outcome) VALUES ('a', 1, 1, 'loaded')",
    "INSERT INTO model_load (process, machine, number, outcome) VALUES ('a', 1, 1, 'withdrawn')",
    """INSERT INTO drift_window (machine, number, sensor, since, until, measures, words, told)
       VALUES (1, 1, 'temperature', now(), now() - interval '1 hour', '{"psi": 0.1}', '', false),
              (1, 1, 'temperature', now(), '2026-03-01', '{"psi": 0.2}', '', false),
              (1, 1, 'temperature', now(), now(), '{"psi": 0.5}', 'reads higher', true),
              (1, 1, '', now(), now(), '{"now": 0.1}', '', false)""",
    """INSERT INTO training_request (machine, asked_by, via, created_at)
       VALUES (1, 'Anna', 'shell', now() - interval '300 seconds')""",
)
