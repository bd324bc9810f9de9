"""Stored readings as `./run explain` finds them."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from core.batch import Position
from core.errors import UserError
from core.meant_reading import OfAlert, OfIncident
from core.prediction import ModelVersion
from core.reply import Reply
from db.engine import connect
from db.scored_readings import PostgresScoredReadings
from tests.alert_world import AlertWorld


@pytest.fixture
def readings(database_url: str) -> Iterator[PostgresScoredReadings]:
    engine = connect(database_url, "grafana")
    yield PostgresScoredReadings(engine)
    engine.dispose()


def forget_readings(owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM reading"))


def test_it_is_the_one_that_opened_the_incident_as_the_model_saw_it(
    world: AlertWorld, readings: PostgresScoredReadings
) -> None:
    world.alert("press-0")
    alert = world.alert("press-1")
    world.hotter(3, "press-1")
    found = readings.of(OfAlert(alert)).reading
    assert (found.version, found.device) == (ModelVersion("press", 1), "press-1")
    assert found.sensors == (95.0, 3.0)
    assert found.probability == 0.95
    (opened,) = world.rows("SELECT opened_time FROM incident JOIN alert a ON a.incident = incident.id AND a.id = 2")
    assert found.time == opened.opened_time


def test_of_an_answered_alert_it_outlives_the_readings_retention(
    world: AlertWorld, readings: PostgresScoredReadings, owner: Engine
) -> None:
    answered, unanswered = world.alert("press-1"), world.alert("press-2")
    before = readings.of(OfAlert(answered))
    world.inbox.accept("shell", Reply("shell", None, "{}", "Anna", "shell", "y", alert=answered))
    forget_readings(owner)
    assert readings.of(OfAlert(answered)) == before._replace(id=None)
    with pytest.raises(UserError, match=rf"alert #{unanswered} was dropped"):
        readings.of(OfAlert(unanswered))


def test_an_alert_that_no_model_raised_or_that_is_none_is_named(
    world: AlertWorld, readings: PostgresScoredReadings, owner: Engine
) -> None:
    alert = world.alert()
    with owner.begin() as connection:
        connection.execute(text("UPDATE incident SET kind = 'silent'"))
    with pytest.raises(UserError, match=rf"alert #{alert} tells of a silence"):
        readings.of(OfAlert(alert))
    with pytest.raises(UserError, match="there is no alert #77"):
        readings.of(OfAlert(77))


def test_an_alert_an_incident_an_id_and_a_place_mean_the_same_reading(
    world: AlertWorld, readings: PostgresScoredReadings
) -> None:
    alert = world.alert()
    (row,) = world.rows("SELECT reading.id, incident FROM reading, alert ORDER BY kafka_offset DESC LIMIT 1")
    found = readings.of(OfAlert(alert))
    assert (found.alert, found.incident, found.id) == (alert, row.incident, row.id)
    assert found.position == Position("readings.press", 0, 2)
    for meant in (OfIncident(row.incident), UUID(str(row.id)), found.position):
        assert readings.of(meant) == found


def test_a_healthy_reading_belongs_to_no_incident(world: AlertWorld, readings: PostgresScoredReadings) -> None:
    world.alert()
    found = readings.of(Position("readings.press", 0, 1))
    assert (found.reading.device, found.incident, found.alert, found.reading.severity) == (
        "press-fine",
        None,
        None,
        None,
    )


def test_a_reading_that_is_not_there_is_named_with_the_reason(
    world: AlertWorld, readings: PostgresScoredReadings, owner: Engine
) -> None:
    world.alert()
    with pytest.raises(UserError, match=r"readings\.press/0/3 was not read yet"):
        readings.of(Position("readings.press", 0, 3))
    with pytest.raises(UserError, match="no topic named nowhere"):
        readings.of(Position("nowhere", 0, 3))
    with pytest.raises(UserError, match=r"too old \(readings are kept since 2026-03-01"):
        readings.of(uuid4())
    with pytest.raises(UserError, match="there is no incident #77"):
        readings.of(OfIncident(77))
    forget_readings(owner)
    with pytest.raises(UserError, match=r"readings\.press/0/1: it was dropped as too old"):
        readings.of(Position("readings.press", 0, 1))


def test_a_reading_that_no_model_scored_says_why(
    world: AlertWorld, readings: PostgresScoredReadings, owner: Engine
) -> None:
    world.alert()
    with owner.begin() as connection:
        connection.execute(text("UPDATE reading SET quality = 5"))
    with pytest.raises(UserError, match=r"was not scored \(sensor missing, stuck\): no model"):
        readings.of(Position("readings.press", 0, 1))
