import threading
from collections.abc import Callable, Iterator

import pytest

from core.errors import Halted, Unavailable
from producer.messages import Messages
from producer.publisher import Publisher, Totals
from tests.fake_kafka_producer import FakeKafkaProducer


def batch(due: float, count: int = 1) -> Messages:
    return Messages("readings.press", [b"press-1"] * count, [b"{}"] * count, [[]] * count, due)


def every(seconds: float) -> Iterator[Messages]:
    number = 0
    while True:
        yield batch(number * seconds)
        number += 1


def publisher_to(kafka: FakeKafkaProducer, watch: Callable[[Totals], None] = lambda _: None) -> Publisher:
    return Publisher(kafka, kafka.clock, watch)


def test_every_message_arrives_in_order_and_is_counted() -> None:
    kafka = FakeKafkaProducer()
    publisher = publisher_to(kafka)
    publisher.publish([Messages("t", [b"a", b"b"], [b"1", b"2"], [[("truth", b"normal")], []], 0.0)], threading.Event())
    publisher.finish(1)
    assert [entry[1:] for entry in kafka.log] == [
        ("t", b"a", b"1", [("truth", b"normal")]),
        ("t", b"b", b"2", []),
    ]
    assert publisher.totals == Totals(produced=2, delivered=2)


def test_a_message_is_sent_when_it_is_due_and_not_before() -> None:
    kafka = FakeKafkaProducer()
    publisher_to(kafka).publish([batch(0.0), batch(0.25), batch(3.0)], threading.Event())
    assert [when for when, *_ in kafka.log] == pytest.approx([0.0, 0.25, 3.0])


def test_a_delay_is_made_up_for() -> None:
    kafka = FakeKafkaProducer()

    def slow() -> Iterator[Messages]:
        yield batch(0.0)
        kafka.now += 10
        yield from (batch(1.0), batch(2.0), batch(11.0))

    publisher_to(kafka).publish(slow(), threading.Event())
    assert [when for when, *_ in kafka.log] == pytest.approx([0, 10, 10, 11])


def test_a_full_queue_holds_publishing_back_and_loses_nothing() -> None:
    kafka = FakeKafkaProducer(room=3)
    publisher = publisher_to(kafka)
    publisher.publish([batch(0.0, count=10)], threading.Event())
    publisher.finish(1)
    assert publisher.totals == Totals(produced=10, delivered=10)
    assert len(kafka.log) == 10


def test_publishing_ends_after_the_asked_seconds() -> None:
    kafka = FakeKafkaProducer()
    publisher_to(kafka).publish(every(1.0), threading.Event(), seconds=5.5)
    assert len(kafka.log) == 6
    assert kafka.now == pytest.approx(5.5)


def test_publishing_ends_when_it_is_told_to() -> None:
    kafka, stopping = FakeKafkaProducer(), threading.Event()
    publisher = publisher_to(kafka, lambda totals: stopping.set() if totals.produced == 4 else None)
    publisher.publish(every(1.0), stopping)
    publisher.finish(1)
    assert publisher.totals == Totals(produced=4, delivered=4)


def test_publishing_ends_when_it_is_told_to_though_kafka_is_away_and_the_queue_is_full() -> None:
    kafka, stopping = FakeKafkaProducer(room=3), threading.Event()
    kafka.away = True
    publisher = publisher_to(kafka, lambda _: stopping.set() if kafka.now > 60 else None)
    publisher.publish([batch(0.0, count=10)], stopping)
    assert publisher.totals.produced == 3
    with pytest.raises(Unavailable, match="3 of 3 readings were not confirmed"):
        publisher.finish(5)


def test_what_kafka_refuses_stops_publishing_and_is_named() -> None:
    kafka = FakeKafkaProducer()
    kafka.refuses = "not allowed"
    publisher = publisher_to(kafka)
    with pytest.raises(Halted, match="1 of 1 readings were refused by Kafka: not allowed"):
        publisher.publish(every(1.0), threading.Event())
