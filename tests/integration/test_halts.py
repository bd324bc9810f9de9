"""A halt in the tables: noted once, told once, with what found it."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from alerts.facts import TextFacts, read_facts
from core.ports.stream import LogBounds, TopicPartition
from db.engine import connect
from db.halts import PostgresHalts
from db.operators import Operator, PostgresOperators, Subscription
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, a_machine

HERE, THERE = TopicPartition("readings.press", 0), TopicPartition("readings.press", 1)
LOG, REMADE = LogBounds("topic-a", 5, 1000), LogBounds("topic-b", 0, 1000)


@pytest.fixture
def store(database_url: str) -> Iterator[PostgresReadingStore]:
    engine = connect(database_url, "consumer")
    made = PostgresReadingStore(engine, "test", lambda: NOON)
    made.register(a_machine())
    made.register(a_machine("pump"))
    alerts = connect(database_url, "alerts")
    operators = PostgresOperators(alerts)
    phone, console = Subscription("telegram", "11"), Subscription("console", "Anna")
    operators.add(Operator("Anna", "engineer", "UTC", 11, [phone, console]))
    operators.add(Operator("Ben", "engineer", "UTC", 12, [phone]))  # shares Anna's chat
    operators.add(Operator("Carl", "operator", "UTC", 13, [Subscription("telegram", "13")]))
    operators.add(Operator("Dora", "engineer", "UTC", 14, [Subscription("telegram", "14", "pump")]))
    yield made
    engine.dispose()
    alerts.dispose()


def alarms(owner: Engine) -> dict[tuple[str, str], list[str]]:
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT channel, address, body FROM outbox WHERE kind = 'text' ORDER BY id"))
        told: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            told.setdefault((row.channel, row.address), []).append(read_facts(row.body, TextFacts).text)
        return told


def partition(owner: Engine) -> Any:
    with owner.connect() as connection:
        return connection.execute(text("SELECT * FROM ingest_partition WHERE kafka_partition = 0")).one()


def test_a_halt_is_told_once_to_each_chat_of_the_machines_engineers(store: PostgresReadingStore, owner: Engine) -> None:
    store.acquire("press", {HERE: LOG})
    for _ in range(3):
        store.acquire("press", {HERE: REMADE})
    told = alarms(owner)
    assert set(told) == {("telegram", "11"), ("console", "Anna")}
    assert all(len(words) == 1 for words in told.values())
    (words,) = told["console", "Anna"]
    assert "readings.press 0" in words
    assert "topic id changed" in words
    assert "partitions resolve readings.press 0" in words


def test_a_halt_is_kept_with_its_reason_and_its_moment(store: PostgresReadingStore, owner: Engine) -> None:
    store.acquire("press", {HERE: LOG})
    assert (partition(owner).halt, partition(owner).halted_at) == (None, None)
    store.acquire("press", {HERE: REMADE})
    first = partition(owner)
    assert first.halt == "topic id changed"
    assert "made anew" in first.halt_reason
    assert first.next_offset == 5
    store.acquire("press", {HERE: REMADE})
    assert partition(owner).halted_at == first.halted_at


def test_a_take_over_that_fails_later_on_leaves_neither_halt_nor_alarm(
    store: PostgresReadingStore, owner: Engine
) -> None:
    store.acquire("press", {HERE: LOG})
    with pytest.raises(KeyError):
        store.acquire("press", {HERE: REMADE, TopicPartition("readings.stranger", 0): LOG})
    assert partition(owner).halt is None
    assert alarms(owner) == {}


def test_retentions_gap_is_recorded_and_told_and_halts_nothing(store: PostgresReadingStore, owner: Engine) -> None:
    store.acquire("press", {HERE: LOG})
    (claim,) = store.acquire("press", {HERE: LogBounds("topic-a", 12, 1000)}).claims
    store.acquire("press", {HERE: LogBounds("topic-a", 12, 1000)})
    row = partition(owner)
    assert (claim.next_offset, row.next_offset, row.gaps, row.halt) == (12, 12, 7, None)
    (words,) = alarms(owner)["telegram", "11"]
    assert "retention removed 7 readings of readings.press/0" in words
    with owner.connect() as connection:
        assert connection.execute(text("SELECT first_offset, count FROM offset_gap")).all() == [(5, 7)]


def test_who_holds_halted_partitions_learns_which_still_are(
    store: PostgresReadingStore, owner: Engine, database_url: str
) -> None:
    engine = connect(database_url, "consumer")
    halts = PostgresHalts(engine)
    store.acquire("press", {HERE: LOG, THERE: LOG})
    store.acquire("press", {HERE: REMADE, THERE: REMADE})
    assert set(halts.among([HERE, THERE])) == {HERE, THERE}
    with owner.begin() as connection:
        connection.execute(text(_DECIDE), {"partition": THERE.partition})
    assert set(halts.among([HERE, THERE])) == {HERE}
    engine.dispose()


_DECIDE = """
    UPDATE ingest_partition SET halt = NULL, halt_reason = NULL, halted_at = NULL WHERE kafka_partition = :partition"""
