"""A version in the shadow on the real database: who put it there, what it said, and that nobody hears of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, text

from core.incident import judge
from core.ports.stream import LogBounds, TopicPartition
from core.prediction import ModelVersion
from core.shadow import alarms_beside, shadow_verdicts
from db.engine import connect
from db.reading_store import PostgresReadingStore
from db.retention import PostgresRetention
from db.shadow_beside import PostgresBeside
from db.shadows import PostgresShadows, shown_shadow
from tests.builders import NOON, HotIsFaulty, a_batch, a_machine

PRESS = a_machine()
HERE = TopicPartition("readings.press", 0)
V1, V2 = ModelVersion("press", 1), ModelVersion("press", 2)


@pytest.fixture
def consumer(database_url: str, owner: Engine) -> Iterator[Engine]:
    """Of a press with two versions, of which the first is champion."""
    engine = connect(database_url, "consumer")
    PostgresReadingStore(engine, "test", lambda: NOON).register(PRESS)
    with owner.begin() as connection:
        for number, threshold in ((1, 0.9), (2, 0.5)):
            connection.execute(text(_VERSION), {"number": number, "threshold": threshold})
        connection.execute(text(_CHAMPION), {"number": 1})
        connection.execute(text("INSERT INTO operator (name, role) VALUES ('Ada', 'engineer')"))
    yield engine
    engine.dispose()


@pytest.fixture
def trainer(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "trainer")
    yield engine
    engine.dispose()


def store_beside(consumer: Engine, count: int = 6) -> None:
    """So many readings of 60 °C, from offset 0 on: a fault for the version in the shadow alone."""
    store = PostgresReadingStore(consumer, "test", lambda: NOON)
    store.register(PRESS)
    (claim,), _ = store.acquire("press", {HERE: LogBounds("id", 0, 10**6)})
    batch = a_batch(count, sensors=[[60.0, 4.0]] * count)
    device = store.devices("press", ["press-1"])["press-1"].id
    numbers = np.full(count, device, dtype=np.int64)
    model = HotIsFaulty(1)
    predictions = replace(model.predict(batch.sensors), shadow=HotIsFaulty(2, threshold=0.5).predict(batch.sensors))
    with store.begin([claim]) as tx:
        tx.save(batch, numbers, predictions)
        tx.incidents(batch, judge(batch, numbers, predictions, {}, PRESS.incident), model)


def count(owner: Engine, query: str) -> int:
    with owner.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def test_one_version_a_machine_is_in_the_shadow_until_it_is_champion(
    consumer: Engine, trainer: Engine, owner: Engine
) -> None:
    asked, seen = PostgresShadows(trainer), PostgresShadows(consumer)
    assert seen.running() == {}
    asked.start(V1, "ada")
    assert seen.running() == {}, "the champion scores already"
    asked.start(V2, "ada")
    assert seen.running() == {"press": V2}
    with owner.begin() as connection:
        connection.execute(text(_CHAMPION), {"number": 2})
    assert seen.running() == {}
    assert asked.stop("press") == V2
    assert asked.stop("press") is None


def test_its_scores_stand_beside_the_readings_and_are_judged_and_nobody_hears_of_them(
    consumer: Engine, trainer: Engine, owner: Engine, database_url: str
) -> None:
    shadows = PostgresShadows(trainer)
    shadows.start(V2, "ada")
    store_beside(consumer)
    assert [count(owner, query) for query in _HEARD] == [0, 0, 0]
    assert count(owner, "SELECT count(*) FROM shadow_score WHERE model_version = 2") == 6
    with owner.begin() as connection:  # somebody reports it
        connection.execute(text(_INBOX))
        connection.execute(text(_REPORT))
        connection.execute(text(_READINGS))

    found = shadow_verdicts(shadows.scores(V2), 0.5, PRESS.incident)
    assert (found.confirmed, found.found, found.refuted) == (1, 1, 0)
    alarms = alarms_beside(PostgresBeside(trainer).latest(PRESS, V2, 1_000), 0.5, PRESS.incident)
    assert (alarms.readings, alarms.champion, alarms.challenger) == (6, 0, 1)
    page = connect(database_url, "page")
    with page.connect() as connection:
        shown = shown_shadow(connection, "press")
    page.dispose()
    assert shown is not None
    assert (shown.run.number, shown.run.until, len(shown.seen)) == (2, None, 1)


def test_its_scores_stay_as_long_as_their_readings(consumer: Engine, owner: Engine) -> None:
    store_beside(consumer)
    retention = PostgresRetention(owner)
    for stored in retention.days_before(NOON.date() + timedelta(days=1)):
        retention.drop(stored)
    assert count(owner, "SELECT count(*) FROM shadow_score") == 0


_HEARD = ("SELECT count(*) FROM incident", "SELECT count(*) FROM alert", "SELECT count(*) FROM outbox")
_VERSION = """
    INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key, manifest_version_id, sha256,
                               algorithm, threshold, created_by)
    SELECT id, :number, '', '', '', '', '', 'rf', :threshold, 'ada' FROM machine"""
_CHAMPION = """
    INSERT INTO promotion (machine, number, kind, decided_by, reason)
    SELECT id, :number, 'override', 'ada', 'why not' FROM machine"""
_INBOX = "INSERT INTO inbox (channel, bot, update_id, raw, outcome) VALUES ('page', '', 1, '{}', 'labelled')"
_REPORT = """
    INSERT INTO label (machine, operator, verdict, inbox, source, device, since)
    SELECT m.id, o.id, 'fault', i.id, 'report', d.id, now() FROM machine m, operator o, inbox i, device d"""
_READINGS = """
    INSERT INTO labelled_reading (label, topic, kafka_partition, kafka_offset, machine, device, time, sensors, quality,
                                  class, score, model_version)
    SELECT l.id, r.topic, r.kafka_partition, r.kafka_offset, l.machine, r.device, r.time, r.sensors, r.quality, r.class,
           r.score, r.model_version FROM label l, reading r WHERE r.kafka_offset > 1"""
