"""Replays on the real Kafka and Postgres: each dead letter lands once, and who comes second knows what happened."""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from sqlalchemy import Engine, text

from app.replaying import Outcome, replay, settle_interrupted
from consumer.lag import LogEnds
from core.batch import DeadLetter, PartitionRun, Position
from core.errors import Fenced, UserError
from core.ports.stream import Claim, LogBounds
from core.ports.stream import TopicPartition as Partition
from db.dead_letters import LetterFilter, PostgresDeadLetters
from db.engine import connect
from db.reading_store import PostgresReadingStore
from db.replays import PostgresReplays
from producer.once import OncePublisher, Placed
from producer.topics import ensure_topics
from tests.builders import NOON, HotIsFaulty, a_batch, a_machine
from tests.conftest import Servers

EVERYTHING = LetterFilter(unreplayed=True)


class Book:
    """A topic with dead letters in the database, and whoever publishes them again."""

    def __init__(self, servers: Servers, consumer: Engine) -> None:
        self.kafka = {"bootstrap.servers": servers.kafka_bootstrap_servers}
        self.name = f"test-{uuid.uuid4().hex[:8]}-replay"
        self.topic = f"readings.press.{uuid.uuid4().hex[:8]}"
        self.machine = a_machine(topics=(self.topic,))
        ensure_topics(self.kafka, [self.machine], 2, 1)
        self.store = PostgresReadingStore(consumer, "test", lambda: NOON)
        self.store.register(self.machine)
        self.replays = PostgresReplays(consumer, "ada")
        self.letters = PostgresDeadLetters(consumer)
        ((self.claim,), _) = self.store.acquire("press", {Partition(self.topic, 0): LogBounds("id", 0, 10**9)})

    def keep(self, *values: bytes | None, partition: int = 0) -> None:
        """Dead letters with these values, of a batch of nothing else."""
        first = self.claim.next_offset
        letters = [
            DeadLetter(
                Position(self.topic, partition, first + index), "decode", f"bad {index}", b"key", value, [("h", b"\0")]
            )
            for index, value in enumerate(values)
        ]
        runs = [PartitionRun(0, slice(0, 0), first + len(letters), (), len(letters), 0)]
        batch = replace(a_batch(0, machine=self.machine), runs=runs, dead_letters=letters)
        with self.store.begin([self.claim]) as tx:
            tx.save(batch, np.empty(0, dtype=np.int64), HotIsFaulty().predict(batch.sensors))
        self.claim = Claim(self.claim.partition, first + len(letters), self.claim.epoch)

    def publisher(self) -> OncePublisher:
        return OncePublisher(self.kafka, self.name)

    def replay(self, publisher: OncePublisher | None = None) -> Outcome:
        """The whole command."""
        publisher = publisher or self.publisher()
        settle_interrupted(self.replays, publisher, None, lambda _: None)
        found = self.letters.found(EVERYTHING, 1000, with_values=True, oldest_first=True)
        return replay(found, self.replays, publisher, 1000)

    def log(self) -> Sequence[tuple[int, bytes | None, bytes | None, object]]:
        """What a consumer finds in the topic: partition, key, value, headers."""
        ends = {at.partition: high for at, (_, high) in LogEnds(self.kafka).of([self.topic]).items()}
        consumer = Consumer(
            {**self.kafka, "group.id": "look", "auto.offset.reset": "earliest", "enable.partition.eof": True}
        )
        consumer.assign([TopicPartition(self.topic, number, 0) for number in ends])
        found = []
        while ends:
            message = consumer.poll(10)
            assert message is not None, "the ends of both partitions"
            if message.error() is None:
                found.append((message.partition(), message.key(), message.value(), message.headers()))
            # A commit returns before Kafka shows it to readers: until then, they are told an end that is none.
            elif message.offset() >= ends[message.partition()]:  # type: ignore[index, operator]  # it has both
                del ends[message.partition()]  # type: ignore[arg-type]  # as above
        consumer.close()
        return found  # type: ignore[return-value]  # a message without error has a partition


@pytest.fixture
def book(servers: Servers, database_url: str) -> Iterator[Book]:
    engine = connect(database_url, "consumer")
    yield Book(servers, engine)
    engine.dispose()


def test_a_replayed_message_is_the_original_in_its_partition(book: Book, owner: Engine) -> None:
    book.keep(b"one \0\xff")
    assert book.replay().replayed == [Position(book.topic, 0, 0)]
    origin = f"{book.topic}/0/0".encode()
    headers = [("h", b"\0"), ("faultline.replay.of", origin), ("faultline.replay.times", b"1")]
    assert book.log() == [(0, b"key", b"one \0\xff", headers)]
    with owner.connect() as connection:
        row = connection.execute(text("SELECT asked_by, outcome, finished_at FROM replay")).one()
    assert (row.asked_by, row.outcome, row.finished_at is None) == ("ada", "arrived", False)
    assert book.letters.find(Position(book.topic, 0, 0)).replayed_at == row.finished_at  # type: ignore[union-attr]
    assert book.replay().replayed == [], "once and for all"


def test_killed_between_kafka_and_the_database_it_does_not_publish_again(book: Book) -> None:
    book.keep(b"one", b"two")
    begun = book.replays.begin(1, [Position(book.topic, 0, 0), Position(book.topic, 0, 1)])
    assert begun is not None
    book.publisher().publish(book.topic, begun.number, [Placed(0, b"key", b"one", []), Placed(0, b"key", b"two", [])])
    book.keep(b"three")
    assert [position.offset for position in book.replay().replayed] == [2]
    assert [value for _, _, value, _ in book.log()] == [b"one", b"two", b"three"]


def test_killed_before_kafka_took_it_the_next_one_publishes_it(book: Book) -> None:
    book.keep(b"one")
    book.replay()
    book.keep(b"two")
    assert book.replays.begin(1, [Position(book.topic, 0, 1)]) is not None
    assert book.letters.find(Position(book.topic, 0, 1)).replayed_at is None  # type: ignore[union-attr]
    assert [position.offset for position in book.replay().replayed] == [1]
    assert [value for _, _, value, _ in book.log()] == [b"one", b"two"]


def test_a_command_that_was_frozen_while_another_one_came_publishes_nothing(book: Book) -> None:
    book.keep(b"one")
    frozen = book.publisher()
    book.replay()
    book.keep(b"two")
    with pytest.raises(Fenced):
        book.replay(frozen)
    assert [position.offset for position in book.replay().replayed] == [1]
    assert [value for _, _, value, _ in book.log()] == [b"one", b"two"]


def test_killed_within_the_transaction_it_holds_new_readings_back_for_seconds_only(book: Book) -> None:
    class Killed(BaseException):
        pass

    def some_and_then_death() -> Iterator[Placed]:
        yield Placed(0, b"key", b"never committed", [])
        raise Killed

    with pytest.raises(Killed):
        book.publisher().publish(book.topic, 1, some_and_then_death())
    producer = Producer(book.kafka)
    producer.produce(book.topic, b"new", partition=0)
    assert producer.flush(30) == 0
    consumer = Consumer({**book.kafka, "group.id": "look", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(book.topic, 0, 0)])
    message = consumer.poll(60)
    consumer.close()
    assert message is not None
    assert message.value() == b"new"


def test_a_message_that_kafka_refuses_for_good_leaves_nothing_behind_and_may_be_tried_again(book: Book) -> None:
    book.keep(b"one")
    publisher = book.publisher()
    with pytest.raises(UserError, match="Kafka refuses a message"):
        publisher.publish(book.topic, 1, [Placed(0, b"key", b"fine", []), Placed(77, b"key", b"no such partition", [])])
    assert book.log() == []
    assert book.replay(publisher).replayed != []


def test_a_letter_that_kafka_refuses_is_left_and_keeps_no_other_back(book: Book) -> None:
    large = random.Random(1).randbytes(1_100_000)  # as compressed as can be; Kafka takes a megabyte
    book.keep(b"one", b"two", large, b"four", b"five")
    outcome = book.replay()
    assert sorted(at.offset for at in outcome.replayed) == [0, 1, 3, 4]
    ((left, reason),) = outcome.left
    assert left.offset == 2
    assert "size too large" in reason
    assert [value for _, _, value, _ in book.log()] == [b"one", b"two", b"four", b"five"]
    assert book.replay().replayed == [], "nothing is published twice"


def test_a_refused_message_is_named_even_where_its_transaction_was_given_up_meanwhile(book: Book) -> None:
    publisher = book.publisher()

    def messages() -> Iterator[Placed]:
        yield Placed(0, b"key", random.Random(1).randbytes(1_100_000), [])
        book.publisher().close()  # what Kafka does to a transaction that takes too long, another publisher does at once

    with pytest.raises(UserError, match="size too large"):
        publisher.publish(book.topic, 1, messages())
    publisher.publish(book.topic, 2, [Placed(0, b"key", b"after", [])])
    assert [value for _, _, value, _ in book.log()] == [b"after"]


def test_a_message_that_the_client_itself_refuses_leaves_nothing_behind_either(book: Book) -> None:
    publisher = book.publisher()
    publisher.publish(book.topic, 1, [Placed(0, b"key", b"before", [])])  # from now on the client knows the partitions
    with pytest.raises(UserError, match="Kafka refuses a message"):
        publisher.publish(book.topic, 2, [Placed(0, b"key", b"fine", []), Placed(77, b"key", b"no such partition", [])])
    publisher.publish(book.topic, 2, [Placed(0, b"key", b"after", [])])
    assert [value for _, _, value, _ in book.log()] == [b"before", b"after"]


def test_letters_are_found_by_what_they_are(book: Book) -> None:
    book.keep(b"one", b"two", None)
    assert [at.offset for at in book.letters.found(LetterFilter(), 2, with_values=False)] == [2, 1]
    assert [at.offset for at in book.letters.found(LetterFilter(), 9, with_values=True, oldest_first=True)] == [0, 1, 2]
    assert [at.offset for at in book.letters.found(LetterFilter(reason="BAD 1"), 9, with_values=False)] == [1]
    assert list(book.letters.found(LetterFilter(reason="%"), 9, with_values=False)) == [], "a text, not a pattern"
    assert list(book.letters.found(LetterFilter(machine="pump"), 9, with_values=False)) == []
    assert list(book.letters.found(LetterFilter(stage="score"), 9, with_values=False)) == []
    assert len(list(book.letters.found(LetterFilter(topic=book.topic, partition=0), 9, with_values=False))) == 3
    assert list(book.letters.found(LetterFilter(until=NOON), 9, with_values=False)) == []
    assert len(list(book.letters.found(LetterFilter(since=NOON.replace(year=2020)), 9, with_values=False))) == 3


def test_more_letters_than_fit_a_page_are_all_found_once(book: Book) -> None:
    book.keep(*[b"x"] * 120)
    found = [letter.offset for letter in book.letters.found(LetterFilter(), 110, with_values=True, oldest_first=True)]
    assert found == list(range(110))
