"""Dropping old days on the real Postgres: nobody who stores readings waits for it, and every one is accounted for."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, Row, event, text

from core.errors import Unavailable, UserError
from core.ports.stream import LogBounds, TopicPartition
from db.engine import connect
from db.reading_store import PostgresReadingStore
from db.reading_transaction import PostgresReadingTransaction
from db.retention import PostgresRetention
from tests.builders import NOON, HotIsFaulty, a_batch, a_machine
from tests.processes import PATIENCE_S, run, wait_until

HERE = TopicPartition("readings.press", 0)
TODAY = NOON.date()
MODEL = HotIsFaulty()


class Ingest:
    """A consumer's store, with a clock that the test turns."""

    def __init__(self, database_url: str, owner: Engine) -> None:
        self.engine = connect(database_url, "consumer")
        self.now = NOON
        self.store = PostgresReadingStore(self.engine, "test", lambda: self.now)
        self.store.register(a_machine())
        self.owner = owner
        self.next_offset = 0

    def write(self, count: int = 3, day: datetime = NOON, before_commit: Callable[[], None] = lambda: None) -> None:
        """Store readings in one transaction, each with an extra and a class beside it."""
        self.now = day
        (claim,) = self.store.acquire("press", {HERE: LogBounds("id", 0, 10**6)}).claims
        with self.store.begin([claim]) as tx:
            self._save(tx, count)
            before_commit()
        self.next_offset += count

    def _save(self, tx: PostgresReadingTransaction, count: int) -> None:
        batch = replace(a_batch(count, first_offset=self.next_offset), extras=[(0, b'{"a":1}')])
        device = self.store.devices("press", ["press-1"])["press-1"].id
        tx.save(batch, np.full(count, device, dtype=np.int64), MODEL.predict(batch.sensors))

    def rows(self, query: str) -> Sequence[Row[Any]]:
        with self.owner.connect() as connection:
            return connection.execute(text(query)).all()

    def offsets(self) -> list[int]:
        return [row.kafka_offset for row in self.rows("SELECT kafka_offset FROM reading ORDER BY kafka_offset")]

    def is_accounted_for(self) -> None:
        """I1, with what was dropped."""
        (row,) = self.rows("SELECT * FROM ingest_partition")
        assert row.stored + row.duplicates + row.dead_letters + row.gaps == row.next_offset - row.first_offset
        (dropped,) = self.rows("SELECT coalesce(sum(readings), 0) AS readings FROM dropped_reading")
        assert len(self.offsets()) + dropped.readings == row.stored


@pytest.fixture
def ingest(database_url: str, owner: Engine) -> Iterator[Ingest]:
    """Three readings on each of the last four days."""
    made = Ingest(database_url, owner)
    for days_ago in (3, 2, 1, 0):
        made.write(day=NOON - timedelta(days=days_ago))
    with owner.begin() as connection:
        connection.execute(text(_CLASSES))
    yield made
    made.engine.dispose()


@pytest.fixture
def retention(owner: Engine) -> PostgresRetention:
    return PostgresRetention(owner)


@pytest.fixture
def behind() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def drop_before(retention: PostgresRetention, first_kept: date) -> list[int]:
    return [retention.drop(stored) for stored in retention.days_before(first_kept)]


def make_impatient(engine: Engine) -> None:
    """From now on its sessions wait for no lock longer than 200 ms."""

    def set_timeout(session: Any, _: object) -> None:
        session.autocommit = True
        session.cursor().execute("SET lock_timeout = '200ms'")
        session.autocommit = False

    event.listen(engine, "connect", set_timeout)
    engine.dispose()


def waits(ingest: Ingest) -> bool:
    return bool(ingest.rows(_WAITS))


def test_old_days_go_with_what_stands_beside_them_and_are_accounted_for(
    ingest: Ingest, retention: PostgresRetention
) -> None:
    assert drop_before(retention, TODAY - timedelta(days=1)) == [3, 3]
    assert ingest.offsets() == [6, 7, 8, 9, 10, 11]
    assert [row.kafka_offset for row in ingest.rows("SELECT * FROM reading_extra ORDER BY 3")] == [6, 9]
    assert [row.kafka_offset for row in ingest.rows("SELECT * FROM reading_class ORDER BY 3")] == [6, 7, 8, 9, 10, 11]
    ingest.is_accounted_for()
    assert retention.days_before(TODAY - timedelta(days=1)) == []


def test_more_rows_beside_than_one_statement_deletes_go_too(
    ingest: Ingest, retention: PostgresRetention, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.retention._CHUNK", 2)
    drop_before(retention, TODAY)
    assert [row.kafka_offset for row in ingest.rows("SELECT * FROM reading_class ORDER BY 3")] == [9, 10, 11]


def test_readings_of_a_day_that_stays_keep_what_stands_beside_them_between_those_that_go(
    ingest: Ingest, retention: PostgresRetention
) -> None:
    ingest.write(day=NOON - timedelta(days=1))  # a consumer whose clock is late: 12 to 14 lie behind today's 9 to 11
    drop_before(retention, TODAY)
    assert ingest.offsets() == [9, 10, 11]
    assert [row.kafka_offset for row in ingest.rows("SELECT * FROM reading_extra")] == [9]


def test_the_window_of_duplicates_goes_back_to_the_oldest_reading_that_is_kept(
    ingest: Ingest, retention: PostgresRetention
) -> None:
    before = ingest.store.recent(HERE, 100).ids
    drop_before(retention, TODAY)
    assert ingest.store.recent(HERE, 100).ids == before[:3]


def test_who_stores_readings_never_waits_for_a_day_that_is_dropped(
    ingest: Ingest, retention: PostgresRetention, behind: ThreadPoolExecutor, owner: Engine
) -> None:
    with owner.connect() as reader:
        reader.execute(text("SELECT count(*) FROM reading"))  # in a transaction that goes on: the day is in use
        dropping: Future[list[int]] = behind.submit(drop_before, retention, TODAY)
        wait_until(lambda: waits(ingest), "the day waits for its reader")
        make_impatient(ingest.engine)
        for _ in range(5):
            ingest.write()  # it commits, within a lock timeout of 200 ms
        assert not dropping.done()
        assert waits(ingest)
    assert dropping.result(PATIENCE_S) == [3, 3, 3]
    assert ingest.offsets() == list(range(9, 27))
    ingest.is_accounted_for()


def test_a_day_is_dropped_under_a_consumer_that_is_in_the_middle_of_a_batch(
    ingest: Ingest, retention: PostgresRetention, behind: ThreadPoolExecutor
) -> None:
    dropping: list[Future[list[int]]] = []

    def begin_to_drop() -> None:
        dropping.append(behind.submit(drop_before, retention, TODAY))
        wait_until(lambda: waits(ingest), "the day waits for the batch")

    ingest.write(before_commit=begin_to_drop)
    assert dropping[0].result(PATIENCE_S) == [3, 3, 3]
    ingest.is_accounted_for()


def test_what_a_run_could_not_finish_the_next_one_finishes(
    ingest: Ingest, retention: PostgresRetention, owner: Engine, database_url: str
) -> None:
    impatient = connect(database_url, "owner")
    make_impatient(impatient)
    with owner.connect() as reader:
        reader.execute(text("SELECT count(*) FROM reading"))
        with pytest.raises(Unavailable, match="somebody still reads the readings of 2026-02-26: the next run goes on"):
            drop_before(PostgresRetention(impatient), TODAY)
        ingest.write()
    (first, *_) = retention.days_before(TODAY)
    assert (first.attached, first.begun, first.pending) == (True, True, True)
    assert drop_before(retention, TODAY) == [3, 3, 3]
    ingest.is_accounted_for()
    impatient.dispose()


def test_a_day_that_was_detached_but_not_dropped_is_dropped_by_the_next_run_even_if_more_days_are_to_stay(
    ingest: Ingest, retention: PostgresRetention, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr("db.retention._delete_beside", die)
        with pytest.raises(KeyboardInterrupt):
            drop_before(retention, TODAY - timedelta(days=2))
    assert ingest.offsets() == list(range(3, 12))
    assert drop_before(retention, TODAY - timedelta(days=100)) == [3]
    assert len(ingest.rows("SELECT FROM reading_extra")) == 3
    ingest.is_accounted_for()


def test_a_day_that_somebody_detached_to_keep_is_left_alone(
    ingest: Ingest, retention: PostgresRetention, owner: Engine
) -> None:
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE reading DETACH PARTITION reading_20260226"))
    assert drop_before(retention, TODAY) == [3, 3]
    assert len(ingest.rows("SELECT FROM reading_20260226")) == 3


def test_two_runs_at_once_are_one_too_many(retention: PostgresRetention) -> None:
    with retention.alone(), pytest.raises(UserError, match="another retention run"), retention.alone():
        pass
    with retention.alone():
        pass


def test_only_the_owner_may(ingest: Ingest) -> None:
    with pytest.raises(UserError, match="give DATABASE_URL its owner's"):
        drop_before(PostgresRetention(ingest.engine), TODAY)
    assert len(ingest.offsets()) == 12


def test_the_command_says_what_it_would_drop_and_drops_it(ingest: Ingest, database_url: str) -> None:
    environment = {"DATABASE_URL": database_url}
    asked = run(["retention"], environment)
    assert (asked.returncode, asked.stderr.count("\n")) == (2, 1)
    assert "RETENTION_DAYS" in asked.stderr
    would = run(["retention", "--days", "1", "--dry-run"], environment)
    assert would.returncode == 0, would.stderr
    assert would.stdout.count("would drop 2026-0") == 4, "all of them are long past today"
    assert len(ingest.offsets()) == 12
    done = run(["retention"], {**environment, "RETENTION_DAYS": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "dropped 2026-02-26: 3 readings"
    assert ingest.offsets() == []


_WAITS = """
    SELECT FROM pg_stat_activity
     WHERE wait_event_type = 'Lock' AND query LIKE '%DETACH%' AND datname = current_database()"""
_CLASSES = """
    INSERT INTO reading_class (topic, kafka_partition, kafka_offset, rank, class, probability)
    SELECT topic, kafka_partition, kafka_offset, 1, 0, 0.5 FROM reading"""
