"""The reading behind an alert, as `./run explain` finds it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from core.errors import UserError
from core.prediction import ModelVersion
from core.reply import Reply
from db.alerted_readings import PostgresAlertedReadings
from db.engine import connect
from tests.alert_world import ANNA, AlertWorld, alert_world


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url) as found:
        found.operator("Anna", ANNA)
        yield found


@pytest.fixture
def readings(database_url: str) -> Iterator[PostgresAlertedReadings]:
    engine = connect(database_url, "grafana")
    yield PostgresAlertedReadings(engine)
    engine.dispose()


def forget_readings(owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM reading"))


def test_it_is_the_one_that_opened_the_incident_as_the_model_saw_it(
    world: AlertWorld, readings: PostgresAlertedReadings
) -> None:
    world.alert("press-0")
    alert = world.alert("press-1")
    world.hotter(3, "press-1")
    found = readings.of(alert)
    assert (found.version, found.device) == (ModelVersion("press", 1), "press-1")
    assert found.sensors == (95.0, 3.0)
    assert found.probability == 0.95
    (opened,) = world.rows("SELECT opened_time FROM incident JOIN alert a ON a.incident = incident.id AND a.id = 2")
    assert found.time == opened.opened_time


def test_of_an_answered_alert_it_outlives_the_readings_retention(
    world: AlertWorld, readings: PostgresAlertedReadings, owner: Engine
) -> None:
    answered, unanswered = world.alert("press-1"), world.alert("press-2")
    before = readings.of(answered)
    world.inbox.accept("shell", Reply("shell", None, "{}", "Anna", "shell", "y", alert=answered))
    forget_readings(owner)
    assert readings.of(answered) == before
    with pytest.raises(UserError, match=rf"alert #{unanswered} was dropped"):
        readings.of(unanswered)


def test_an_alert_that_no_model_raised_or_that_is_none_is_named(
    world: AlertWorld, readings: PostgresAlertedReadings, owner: Engine
) -> None:
    alert = world.alert()
    with owner.begin() as connection:
        connection.execute(text("UPDATE incident SET kind = 'silent'"))
    with pytest.raises(UserError, match=rf"alert #{alert} tells of a silence"):
        readings.of(alert)
    with pytest.raises(UserError, match="there is no alert #77"):
        readings.of(77)
