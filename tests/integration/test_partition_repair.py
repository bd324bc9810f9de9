"""Decisions about halted partitions on the real tables: the accounts stay true, and who decided is recorded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, Row, text

from core.batch import Batch, DeadLetter, PartitionRun, Position
from core.errors import Fenced, UserError
from core.halt import Halt, HaltKind
from core.incident import judge
from core.ports.stream import Claim, LogBounds, TopicPartition
from core.repair import Action, Decision
from db.engine import connect
from db.partition_repair import PostgresRepair
from db.partitions import PostgresPartitions
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, HotIsFaulty, a_batch, a_machine

HERE, THERE = TopicPartition("readings.press", 0), TopicPartition("readings.press", 1)
OLD = LogBounds("topic-a", 0, 1000)
REMADE = {HERE: LogBounds("topic-b", 0, 50), THERE: LogBounds("topic-b", 7, 50)}
CUT = {HERE: LogBounds("topic-a", 0, 2), THERE: OLD}


class Installation:
    """The store as the consumer has it, the repair as the command has it."""

    def __init__(self, database_url: str, owner: Engine) -> None:
        self.engine = connect(database_url, "consumer")
        self.store = PostgresReadingStore(self.engine, "test", lambda: NOON)
        self.store.register(a_machine())
        self.owner = owner
        self.model = HotIsFaulty()

    def acquire(self, bounds: Mapping[TopicPartition, LogBounds]) -> dict[TopicPartition, Claim]:
        return {claim.partition: claim for claim in self.store.acquire("press", bounds).claims}

    def write(self, claim: Claim, batch: Batch) -> None:
        known = self.store.devices("press", sorted(set(batch.devices)))
        numbers = np.array([known[name].id for name in batch.devices], dtype=np.int64)
        scores = self.model.predict(batch.sensors)
        states = {device.id: device.state for device in known.values()}
        with self.store.begin([claim]) as tx:
            tx.save(batch, numbers, scores)
            tx.incidents(batch, judge(batch, numbers, scores, states, a_machine().incident), self.model)

    def resolve(self, log: Mapping[TopicPartition, LogBounds], action: Action, **numbers: int) -> int:
        made = Decision(HERE, action, "anna", "the broker's disk was replaced", **numbers)
        return PostgresRepair(self.engine).resolve(made, log)

    def rows(self, query: str) -> Sequence[Row[Any]]:
        with self.owner.connect() as connection:
            return connection.execute(text(query)).all()

    def account_is_true(self) -> None:
        """I1, for the history too."""
        for row in self.rows("SELECT * FROM ingest_partition"):
            assert row.stored + row.duplicates + row.dead_letters + row.gaps == row.next_offset - row.first_offset
        by_partition = "SELECT topic, kafka_partition, count(*) AS stored FROM reading GROUP BY 1, 2 ORDER BY 1, 2"
        accounts = "SELECT topic, kafka_partition, stored FROM ingest_partition WHERE stored > 0 ORDER BY 1, 2"
        assert self.rows(by_partition) == self.rows(accounts)


@pytest.fixture
def here(database_url: str, owner: Engine) -> Iterator[Installation]:
    """Three readings of each partition are stored, an incident is open."""
    made = Installation(database_url, owner)
    claims = made.acquire({HERE: OLD, THERE: OLD})
    made.write(claims[HERE], a_batch(3, sensors=[[99.0, 3.0]] * 3))
    made.write(claims[THERE], a_batch(3, partition=1, devices=["press-2"] * 3))
    yield made
    made.engine.dispose()


def test_a_remade_topic_is_read_from_its_oldest_message_beside_what_was_read_of_the_old_one(here: Installation) -> None:
    here.acquire(REMADE)
    assert here.resolve(REMADE, Action.RESTART) == 0
    claims = here.acquire(REMADE)
    assert {at: claim.next_offset for at, claim in claims.items()} == {HERE: 0, THERE: 7}, "the topic as a whole"
    here.write(claims[HERE], a_batch(3))  # the very positions of the old topic's readings, on the same day
    here.account_is_true()
    assert [tuple(row) for row in here.rows("SELECT name, retired_at IS NULL FROM topic ORDER BY id")] == [
        ("readings.press", False),
        ("readings.press", True),
    ]


def test_a_smaller_remade_topic_has_the_partitions_that_kafka_has(here: Installation) -> None:
    smaller = {HERE: REMADE[HERE]}
    here.acquire(REMADE)
    here.resolve(smaller, Action.RESTART)
    assert list(PostgresPartitions(here.owner).all()) == [HERE]
    here.account_is_true()


def test_whoever_read_the_old_topic_is_a_zombie(here: Installation) -> None:
    zombies = here.acquire({HERE: OLD, THERE: OLD})
    here.acquire({HERE: REMADE[HERE]})
    here.resolve(REMADE, Action.RESTART)
    claims = here.acquire(REMADE)
    assert all(claims[at].epoch > zombie.epoch for at, zombie in zombies.items())
    with pytest.raises(Fenced):
        here.write(zombies[THERE], a_batch(3, partition=1, first_offset=3))
    here.account_is_true()


def test_an_incident_ends_with_its_log_and_its_device_begins_healthy(here: Installation) -> None:
    assert here.rows("SELECT FROM incident WHERE closed_offset IS NULL")
    here.acquire(REMADE)
    here.resolve(REMADE, Action.RESTART)
    assert [row.closed_offset for row in here.rows("SELECT closed_offset FROM incident")] == [2]
    assert here.rows("SELECT * FROM device_state") == []
    here.write(here.acquire(REMADE)[HERE], a_batch(2, sensors=[[99.0, 3.0]] * 2))
    assert [row.since_offset for row in here.rows("SELECT since_offset FROM incident ORDER BY id")] == [0, 0]


def test_a_reading_of_the_old_topic_is_recognised_in_the_new_one(here: Installation) -> None:
    before = here.store.recent(HERE, 10).ids
    here.acquire(REMADE)
    here.resolve(REMADE, Action.RESTART)
    claims = here.acquire(REMADE)
    assert here.store.recent(HERE, 10).ids == before
    batch = a_batch(1)
    here.write(claims[HERE], batch)
    assert here.store.recent(HERE, 2).ids == [batch.ids[0].tobytes(), before[0]]


@pytest.mark.parametrize(
    ("action", "numbers", "start"), [(Action.FROM_END, {}, 2), (Action.FROM_OFFSET, {"offset": 1}, 1)]
)
def test_a_log_that_kafka_cut_goes_on_and_its_positions_do_not_collide(
    here: Installation, action: Action, numbers: dict[str, int], start: int
) -> None:
    here.acquire(CUT)
    assert here.resolve(CUT, action, **numbers) == start
    claims = here.acquire({HERE: OLD, THERE: OLD})
    assert {at: claim.next_offset for at, claim in claims.items()} == {HERE: start, THERE: 3}
    here.write(claims[HERE], a_batch(5, first_offset=start))
    here.write(claims[THERE], a_batch(2, partition=1, first_offset=3, devices=["press-2"] * 2))
    here.account_is_true()


def test_another_partition_that_is_halted_stays_so(here: Installation) -> None:
    both = {HERE: CUT[HERE], THERE: CUT[HERE]}
    here.acquire(both)
    here.resolve(both, Action.FROM_END)
    claims, halted = here.store.acquire("press", both)
    assert [claim.partition for claim in claims] == [HERE]
    assert list(halted) == [THERE]


def test_who_decided_what_and_why_is_recorded(here: Installation) -> None:
    here.acquire(CUT)
    here.resolve(CUT, Action.FROM_END)
    (row,) = here.rows("SELECT actor, action, detail FROM audit")
    assert (row.actor, row.action) == ("anna", "partitions resolve")
    facts = {"topic": HERE.topic, "partition": 0, "halt": "past the end of the log", "action": "from-end"}
    assert row.detail | facts | {"reason": "the broker's disk was replaced"} == row.detail
    assert (row.detail["from_offset"], row.detail["to_offset"]) == (3, 2)


def test_what_does_not_fit_changes_nothing(here: Installation) -> None:
    here.acquire(CUT)
    before = here.rows("SELECT * FROM ingest_partition ORDER BY kafka_partition")
    with pytest.raises(UserError, match="--action from-end"):
        here.resolve(CUT, Action.RESTART)
    assert here.rows("SELECT * FROM ingest_partition ORDER BY kafka_partition") == before
    assert here.rows("SELECT * FROM audit") == []


def test_a_partition_that_was_never_read_is_named(here: Installation) -> None:
    stranger = Decision(TopicPartition("readings.stranger", 4), Action.CONTINUE, "anna", "try")
    with pytest.raises(UserError, match=r"readings\.stranger 4 was never read"):
        PostgresRepair(here.engine).resolve(stranger, {})


@pytest.fixture
def poisoned(here: Installation) -> Installation:
    """A partition that stopped at offset 13, behind its tenth dead letter in a row."""
    letters = [DeadLetter(Position(*HERE, offset), "decode", "bad", None, b"{", ()) for offset in range(3, 13)]
    halt = Halt(HaltKind.DEAD_LETTERS, "10 messages in a row became dead letters")
    run = PartitionRun(0, slice(0, 0), 13, (), 10, 0, outcomes=b"\x03\xff", halt=halt)
    here.write(here.acquire({HERE: OLD})[HERE], replace(a_batch(0), runs=[run], dead_letters=letters))
    return here


@pytest.mark.parametrize(
    ("action", "numbers", "goes_on_at", "lenient_until"),
    [(Action.CONTINUE, {}, 13, 0), (Action.ACCEPT, {"count": 50}, 13, 63), (Action.SKIP, {"count": 50}, 63, 0)],
)
def test_a_poisoned_partition_goes_on_as_decided_and_counts_anew(
    poisoned: Installation, action: Action, numbers: dict[str, int], goes_on_at: int, lenient_until: int
) -> None:
    assert poisoned.resolve({HERE: OLD}, action, **numbers) == goes_on_at
    claim = poisoned.acquire({HERE: OLD})[HERE]
    assert (claim.next_offset, claim.outcomes, claim.lenient_until) == (goes_on_at, b"", lenient_until)
    poisoned.write(claim, a_batch(2, first_offset=goes_on_at))
    poisoned.account_is_true()
    gaps = [tuple(row) for row in poisoned.rows("SELECT first_offset, count FROM offset_gap")]
    assert gaps == ([(13, 50)] if action == Action.SKIP else [])


def test_more_than_kafka_holds_cannot_be_skipped(poisoned: Installation) -> None:
    with pytest.raises(UserError, match="offset 1013 is not in the log"):
        poisoned.resolve({HERE: OLD}, Action.SKIP, count=1000)
