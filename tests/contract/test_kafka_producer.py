"""What the publisher relies on in a Kafka producer, on the fake and on the client library with a real broker."""

import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, Message

from producer.kafka import KafkaProducer, producer_for
from producer.topics import ensure_topics
from tests.builders import a_machine
from tests.conftest import Servers
from tests.fake_kafka_producer import FakeKafkaProducer
from tests.processes import PATIENCE_S

ROOM = 100_000


@pytest.fixture
def topic(servers: Servers) -> str:
    name = f"readings.{uuid.uuid4().hex[:12]}"
    ensure_topics({"bootstrap.servers": servers.kafka_bootstrap_servers}, [a_machine(topics=(name,))], 2, 1)
    return name


@pytest.fixture(params=["fake", "real"])
def producer(request: pytest.FixtureRequest) -> KafkaProducer:
    if request.param == "fake":
        return FakeKafkaProducer(ROOM)
    return producer_for({"bootstrap.servers": request.getfixturevalue("servers").kafka_bootstrap_servers})


@pytest.fixture
def reports() -> list[KafkaError | None]:
    return []


def produce(producer: KafkaProducer, topic: str, count: int, reports: list[KafkaError | None]) -> Iterator[int]:
    def on_delivery(error: KafkaError | None, _: Message) -> None:
        reports.append(error)

    for number in range(count):
        producer.produce(topic, b"{}", b"press-1", on_delivery=on_delivery, headers=[("truth", b"normal")])
        yield number


def test_every_message_is_reported_once(producer: KafkaProducer, topic: str, reports: list[KafkaError | None]) -> None:
    list(produce(producer, topic, 1000, reports))
    assert producer.flush(PATIENCE_S) == 0
    assert reports == [None] * 1000


def test_a_full_queue_refuses_with_buffer_error_and_has_room_after_a_poll(
    producer: KafkaProducer, topic: str, reports: list[KafkaError | None]
) -> None:
    list(produce(producer, topic, ROOM, reports))
    with pytest.raises(BufferError):
        list(produce(producer, topic, 1, reports))
    producer.poll(PATIENCE_S)
    list(produce(producer, topic, 1, reports))
    assert producer.flush(PATIENCE_S) == 0
    assert reports == [None] * (ROOM + 1)
