"""What Grafana's dashboards ask Postgres, under Grafana's own login."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from core.reply import Reply
from db.logins import ensure_logins, login_of
from tests.alert_world import AlertWorld
from tests.builders import NOON
from tests.dashboards import POSTGRES, Asked, as_sql, asked

QUESTIONS = [one for one in asked() if one.source == POSTGRES]


@pytest.fixture
def grafana(owner: Engine) -> Iterator[Connection]:
    """A session as Grafana opens one: with the login's password, and no word about roles."""
    ensure_logins(owner, {"dashboards": "a password"})
    url = owner.url.set(username=login_of("dashboards"), password="a password")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
    with owner.begin() as connection:
        connection.execute(text(f"DROP ROLE {login_of('dashboards')}"))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: f"{one.dashboard}: {one.panel}")
def test_every_panel_that_asks_the_database_is_answered_with_rows(
    grafana: Connection, world: AlertWorld, question: Asked
) -> None:
    alert = world.alert()
    world.inbox.accept("shell", Reply("shell", None, "{}", "Anna", "shell", "n", alert=alert))
    for statement in _A_MODEL:
        world.execute(statement)
    now = datetime.now(UTC)
    times = {"since": min(NOON, now) - timedelta(days=1), "until": max(NOON, now) + timedelta(days=1)}
    query = as_sql(question.query, "press", "press-1")
    rows = grafana.execute(text(query), {name: at for name, at in times.items() if f":{name}" in query}).all()
    assert rows
    assert any(value is not None for value in rows[0]), "a row of nothing draws nothing"


def test_a_device_shows_its_own_sensors_and_its_incident_is_drawn(grafana: Connection, world: AlertWorld) -> None:
    world.alert("press-1")
    world.alert("press-2")

    def rows(panel: str, column: str, device: str = "press-1") -> list[Any]:
        (question,) = (one for one in QUESTIONS if one.panel == panel and column in one.query)
        query = as_sql(question.query, "press", device)
        times = {"since": NOON - timedelta(days=1), "until": NOON + timedelta(days=1)}
        return list(grafana.execute(text(query), times).all())

    sensors = rows("Sensors", "metric")
    assert {row.metric for row in sensors} == {"temperature", "pressure"}
    assert [row.value for row in sensors if row.metric == "temperature"] == [95.0, 95.0]
    assert rows("Sensors", "metric", "nobody") == []
    (drawn,) = rows("Incidents", "timeend")
    assert drawn.text == "incident 1: fault"
    assert drawn.time < drawn.timeend


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE incident SET severity = 3",
        "INSERT INTO promotion (machine, number, kind, decided_by, reason) VALUES (1, 1, 'override', 'me', 'me')",
        "SELECT raw FROM inbox",
        "SELECT sha256 FROM login_session",
        "SELECT comment FROM label",
        "SELECT standing_out FROM alert",
        "SELECT telegram_id FROM operator",
        "SELECT body FROM outbox",
        "SELECT rolpassword FROM pg_authid",
        "SET ROLE faultline_grafana",
        "CREATE TABLE theirs (a integer)",
    ],
)
def test_grafanas_login_changes_nothing_and_reads_nothing_else(grafana: Connection, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        grafana.execute(text(statement))


def test_a_panel_that_asks_too_much_is_cut_off(grafana: Connection) -> None:
    assert grafana.execute(text("SHOW statement_timeout")).scalar_one() == "15s"


_A_MODEL = (
    """INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key, manifest_version_id,
                                   sha256, algorithm, threshold, metrics, created_by)
       VALUES (1, 1, 'm', 'v', 'm', 'v', 's', 'lr', 0.5, '{"pr_auc": 0.9, "f1": 0.8}', 'Anna')""",
    "INSERT INTO promotion (machine, number, kind, decided_by, reason) VALUES (1, 1, 'first', 'Anna', 'the first')",
    "INSERT INTO model_load (process, machine, number, outcome) VALUES ('a', 1, 1, 'loaded')",
)
