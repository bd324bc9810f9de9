"""How far a group told Kafka that it had read: what is left of that where the database was lost."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.lag import LogEnds
from core.errors import Unavailable
from core.ports.stream import TopicPartition

_TIMEOUT_S = 30.0
_PAUSE_S = 0.1
_SETTLING = (
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
)
"""A broker that has just started looks first who is where."""
_log = logging.getLogger("kafka")


def read_until(kafka: Mapping[str, str], group: str, topics: Iterable[str]) -> Mapping[TopicPartition, tuple[str, int]]:
    """Of each partition of which Kafka knows it: the topic's id, and the next offset to read. Raises Unavailable."""
    ends = LogEnds(kafka)
    ids = {at: bounds.topic_id for topic in topics for at, bounds in ends.bounds(topic).items()}
    told = _told(kafka, group, ids)
    return {at: (ids[at], offset) for at, offset in told.items() if offset >= 0}


def _told(kafka: Mapping[str, str], group: str, asked: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
    """Less than 0 where nothing is known. Asked by a consumer that joins nothing."""
    consumer = Consumer({**kafka, "group.id": group, "enable.auto.commit": False}, logger=_log)
    partitions, deadline = [KafkaPartition(at.topic, at.partition) for at in asked], time.monotonic() + _TIMEOUT_S
    try:
        while True:
            told, reason = _asked(consumer, partitions)
            if reason is None:
                return {TopicPartition(at.topic, at.partition): at.offset for at in told}
            if reason.code() not in _SETTLING or time.monotonic() > deadline:
                raise Unavailable(
                    f"Kafka at {kafka['bootstrap.servers']} (KAFKA_BOOTSTRAP_SERVERS) does not say how far"
                    f" {group} has read: {reason.str()}"
                )
            time.sleep(_PAUSE_S)
    finally:
        consumer.close()


def _asked(consumer: Consumer, partitions: list[KafkaPartition]) -> tuple[Sequence[KafkaPartition], KafkaError | None]:
    try:
        told = consumer.committed(partitions, timeout=_TIMEOUT_S)
    except KafkaException as error:
        return (), error.args[0]
    return told, next((at.error for at in told if at.error is not None), None)
