"""Readings that are no longer what the champion learnt from, from the log to the engineers' chats."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, text

from core.drift import ENOUGH
from core.drift_watch import EVERY
from db.drift import PostgresDriftLog
from db.engine import connect
from db.reading_store import PostgresReadingStore
from db.recent_readings import PostgresRecentReadings
from db.shown_drift import shown_drift
from model.drift_watch import DriftWatch
from model.release import Release
from tests.builders import NOON, a_machine, a_reading, encoded
from tests.ingest import Ingest
from tests.model_builders import published
from tests.releases import a_release

PRESS = a_machine()
Look = Callable[[datetime], None]


@pytest.fixture
def trainer(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "trainer")
    yield engine
    engine.dispose()


@pytest.fixture
def release(trainer: Engine, tmp_path: Path) -> Release:
    return a_release(trainer, tmp_path)


@pytest.fixture
def look(trainer: Engine, release: Release) -> Look:
    """A trainer that looks at that moment."""

    def look(at: datetime) -> None:
        readings, log = PostgresRecentReadings(trainer), PostgresDriftLog(trainer)
        machines = [PRESS, a_machine("saw")]
        watch = DriftWatch(machines, release.promotions, release.models, readings, log, threading.Event(), lambda: at)
        for machine in machines:
            watch.look(machine)

    return look


def stored(database_url: str, pressure: float, count: int = 2 * ENOUGH) -> None:
    """Readings of now, like those that the model learnt from but for their pressure, 4 bar."""
    random = np.random.default_rng(1)
    values = zip(random.normal(65, 5, count), random.normal(pressure, 0.5, count), strict=True)
    engine = connect(database_url, "consumer")
    store = PostgresReadingStore(engine, "test", lambda: datetime.now(UTC))
    store.register(PRESS)
    Ingest(store, PRESS).take([encoded(a_reading(temperature=one, pressure=other)) for one, other in values])
    engine.dispose()


def told(owner: Engine) -> list[str]:
    with owner.connect() as connection:
        return list(connection.execute(text("SELECT body ->> 'text' FROM outbox ORDER BY id")).scalars())


def with_an_engineer(owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("INSERT INTO operator (name, role) VALUES ('Ada', 'engineer'), ('Anna', 'operator')"))
        connection.execute(
            text("INSERT INTO subscription (operator, channel, address) SELECT id, 'telegram', name FROM operator")
        )


def test_a_sensor_that_reads_higher_is_told_to_engineers_once_while_it_lasts(
    release: Release, look: Look, owner: Engine, database_url: str
) -> None:
    published(release)
    with_an_engineer(owner)
    stored(database_url, pressure=5.6)
    for hour in range(2):
        look(NOON + hour * EVERY)
    look(NOON + EVERY + timedelta(minutes=1))  # another trainer: nothing is due
    assert told(owner) == []

    for hour in range(2, 8):
        look(NOON + hour * EVERY)

    (words,) = told(owner)
    assert "what press v1 learnt from:\npressure reads 38 % higher than it did (5.568, before 4.031)" in words
    assert "since 12:00 UTC, 1 Mar" in words
    with owner.connect() as connection:
        looks = connection.execute(text("SELECT sensor, words <> '', count(*) FROM drift_window GROUP BY 1, 2")).all()
        press = connection.execute(text("SELECT id FROM machine WHERE name = 'press'")).scalar_one()
    page = connect(database_url, "page")
    with page.connect() as connection:
        shown = shown_drift(connection, press)
    page.dispose()
    assert [(one.sensor, bool(one.words), one.at) for one in shown] == [
        ("temperature", False, NOON + 7 * EVERY),
        ("pressure", True, NOON + 7 * EVERY),
    ]
    assert shown[1].median == pytest.approx(5.6, abs=0.1)
    assert sorted(tuple(row) for row in looks) == [("", False, 8), ("pressure", True, 8), ("temperature", False, 8)]


def test_readings_like_those_that_it_learnt_from_and_too_few_of_them_tell_nothing(
    release: Release, look: Look, owner: Engine, database_url: str
) -> None:
    published(release)
    with_an_engineer(owner)
    look(NOON)
    stored(database_url, pressure=4.0)
    for hour in range(1, 5):
        look(NOON + hour * EVERY)
    assert told(owner) == []


def test_where_nothing_was_read_yet_the_next_look_does_not_wait_for_an_hour(
    release: Release, look: Look, owner: Engine, database_url: str
) -> None:
    published(release)
    look(NOON)
    stored(database_url, pressure=4.0)
    look(NOON + timedelta(minutes=5))
    with owner.connect() as connection:
        looks = connection.execute(
            text("SELECT DISTINCT until, measures->>'psi' IS NULL FROM drift_window WHERE sensor <> ''")
        )
        assert [tuple(row) for row in looks] == [(NOON + timedelta(minutes=5), False)]


def test_many_readings_are_looked_at_in_even_steps(trainer: Engine, database_url: str) -> None:
    stored(database_url, pressure=4.0, count=100)
    readings = PostgresRecentReadings(trainer)
    assert len(readings.spread(PRESS, 1_000)) == 100
    assert readings.spread(PRESS, 10).sensors.tolist() == readings.spread(PRESS, 1_000).sensors[::10].tolist()
    assert len(readings.spread(a_machine("saw"), 10)) == 0
