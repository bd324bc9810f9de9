"""Copies of dead letters in the real Kafka: what is too large for the topic goes in part, and troubles are named."""

import hashlib
import logging
import uuid
from collections.abc import Mapping
from typing import cast

import pytest
from confluent_kafka import Consumer, TopicPartition

from consumer.fetched import Headers
from core.errors import Unavailable
from producer.dead_topics import KEPT, DeadTopics
from tests.builders import a_letter
from tests.conftest import Servers


@pytest.fixture
def kafka(servers: Servers) -> Mapping[str, str]:
    return {"bootstrap.servers": servers.kafka_bootstrap_servers}


@pytest.fixture
def topic() -> str:
    return f"readings.{uuid.uuid4().hex[:8]}"


def held(kafka: Mapping[str, str], topic: str, count: int) -> list[tuple[object, Mapping[str, object]]]:
    """Value and headers of the copies."""
    consumer = Consumer({**kafka, "group.id": "look", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(f"{topic}.dead", 0, 0)])
    messages = consumer.consume(count, 60)
    consumer.close()
    return [(message.value(), dict(cast("Headers", message.headers()))) for message in messages]


def test_a_copy_that_the_topic_does_not_take_whole_goes_in_part(kafka: Mapping[str, str], topic: str) -> None:
    letters = [a_letter(0, topic, incompressible(1_200_000)), a_letter(1, topic)]
    arrived = DeadTopics(kafka, 1).copy(letters)
    assert sorted(letter.offset for letter in arrived) == [0, 1]
    copies = {headers["__connect.errors.offset"]: (copy, headers) for copy, headers in held(kafka, topic, 2)}
    cut, headers = copies[b"0"]
    assert cut == (letters[0].value or b"")[:KEPT]
    assert headers["faultline.value.size"] == b"1200000"
    assert headers["faultline.value.sha256"] == hashlib.sha256(letters[0].value or b"").hexdigest().encode()
    assert copies[b"1"][0] == b"bad"


def incompressible(size: int) -> bytes:
    """Bytes that stay past the broker's limit of 1 MiB."""
    return b"".join(uuid.uuid4().bytes for _ in range(size // 16))


def test_a_topic_that_cannot_be_created_is_named_once_and_holds_no_other_up(
    kafka: Mapping[str, str], topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    DeadTopics(kafka, 1).copy([a_letter(0, topic)])
    closed = f"{topic}.closed"
    topics = DeadTopics(kafka, 3)  # more copies than there are brokers
    letters = [a_letter(1, closed), a_letter(2, topic)]
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert [letter.offset for letter in topics.copy(letters)] == [2]
            topics.try_again()
    assert topics.refused == {closed}
    assert sum(f"the topic {closed}.dead cannot be created" in message for message in caplog.messages) == 1


def test_kafka_that_is_away_is_unavailable(topic: str) -> None:
    with pytest.raises(Unavailable, match="Kafka"):
        DeadTopics({"bootstrap.servers": "127.0.0.1:1"}, 1).copy([a_letter(0, topic)])
