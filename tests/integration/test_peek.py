"""Single messages of the real log, read again where the batch did not keep them."""

import uuid
from collections.abc import Mapping

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from consumer.peek import Whole, messages_at
from core.batch import Position
from producer.topics import ensure_topics
from tests.builders import a_machine
from tests.conftest import Servers


@pytest.fixture
def kafka(servers: Servers) -> Mapping[str, str]:
    return {"bootstrap.servers": servers.kafka_bootstrap_servers}


@pytest.fixture
def topic(kafka: Mapping[str, str]) -> str:
    """A topic with 100 messages in each of two partitions."""
    name = f"readings.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, [a_machine(topics=(name,))], 2, 1)
    producer = Producer(dict(kafka))
    for offset in range(100):
        for partition in (0, 1):
            headers: list[tuple[str, str | bytes | None]] = [("trace", b"%d" % offset), ("trace", None)]
            producer.produce(name, b"%d/%d" % (partition, offset), None, partition, headers=headers)
    assert producer.flush(30) == 0
    return name


def test_messages_are_read_whole_at_their_positions(kafka: Mapping[str, str], topic: str) -> None:
    positions = [Position(topic, partition, offset) for partition in (0, 1) for offset in range(0, 100, 7)]
    assert messages_at(kafka, positions) == [
        Whole(None, b"%d/%d" % (at.partition, at.offset), [("trace", b"%d" % at.offset), ("trace", None)])
        for at in positions
    ]


def test_what_retention_has_removed_is_none_and_the_others_are_there(kafka: Mapping[str, str], topic: str) -> None:
    admin = AdminClient(dict(kafka))
    (removed,) = admin.delete_records([TopicPartition(topic, 0, 50)]).values()
    removed.result(30)
    gone, there = messages_at(kafka, [Position(topic, 0, 49), Position(topic, 0, 50)])
    assert gone is None
    assert there is not None
    assert there.value == b"0/50"
