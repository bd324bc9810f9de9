"""How far a group told Kafka that it had read: what is left of that where the database was lost."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient

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
    told = {TopicPartition(at.topic, at.partition): at.offset for at in _told(kafka, group) if at.offset >= 0}
    return {at: (ids[at], offset) for at, offset in told.items() if at in ids}


def _told(kafka: Mapping[str, str], group: str) -> Sequence[KafkaPartition]:
    admin, deadline = AdminClient(dict(kafka), logger=_log), time.monotonic() + _TIMEOUT_S
    while True:
        asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)], request_timeout=_TIMEOUT_S)
        try:
            told: Sequence[KafkaPartition] = asked[group].result().topic_partitions
        except KafkaException as error:
            reason = error.args[0]
            if reason.code() not in _SETTLING or time.monotonic() > deadline:
                raise Unavailable(
                    f"Kafka at {kafka['bootstrap.servers']} (KAFKA_BOOTSTRAP_SERVERS) does not say how far"
                    f" {group} has read: {reason.str()}"
                ) from error
        else:
            return told
        time.sleep(_PAUSE_S)
