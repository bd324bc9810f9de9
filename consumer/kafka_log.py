"""What Kafka says of its log: topic ids, oldest and newest offsets."""

from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient

from core.errors import Unavailable
from core.machine import Machine
from core.ports.stream import LogBounds, TopicPartition

_TIMEOUT_S = 10.0


def consumer_config(
    kafka: Mapping[str, str], group: str, session_timeout_ms: int, max_poll_interval_ms: int = 90_000
) -> dict[str, str | int | bool]:
    """Librdkafka's settings for a consumer whose offsets live in our database."""
    return {
        **kafka,
        "group.id": group,
        "session.timeout.ms": session_timeout_ms,
        "max.poll.interval.ms": max(max_poll_interval_ms, session_timeout_ms),  # librdkafka refuses a shorter one
        "heartbeat.interval.ms": min(3000, session_timeout_ms // 3),
        "partition.assignment.strategy": "cooperative-sticky",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",  # the library's default is `latest`: silent loss
        "check.crcs": True,
        "fetch.queue.backoff.ms": 5,  # its default sleeps a second whenever the queue is full
        # What librdkafka reads ahead, a partition: it only has to outlast the decoding of a batch.
        "queued.min.messages": 20_000,
        "queued.max.messages.kbytes": 1_024,
        "fetch.message.max.bytes": 2_097_152,
        "fetch.max.bytes": 4_194_304,
        "fetch.wait.max.ms": 100,
        "topic.metadata.refresh.interval.ms": 10_000,  # until then added partitions wait; its default is 5 minutes
        "reconnect.backoff.ms": 500,  # each try that fails is a line in the log
        "reconnect.backoff.max.ms": 2_000,
    }


def log_bounds(
    admin: AdminClient, consumer: Consumer, machine: Machine, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, LogBounds]:
    """What Kafka says of each of these partitions of the machine's topics. Raises Unavailable."""
    wanted = list(partitions)
    try:
        topics = {partition.topic for partition in wanted}
        futures = admin.describe_topics(TopicCollection(sorted(topics)), request_timeout=_TIMEOUT_S)
        described = {topic: future.result() for topic, future in futures.items()}
        return {
            partition: LogBounds(
                str(described[partition.topic].topic_id),
                *consumer.get_watermark_offsets(KafkaPartition(*partition), timeout=_TIMEOUT_S, cached=False),
                ordered=machine.key == "device" or len(described[partition.topic].partitions) == 1,
            )
            for partition in wanted
        }
    except KafkaException as error:
        raise Unavailable(f"Kafka: {error.args[0].str()}") from error
