"""Only fetching: what the Kafka client library alone can deliver to Python."""

import time
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

from bench.installation import Installation, Topic
from consumer.kafka_log import consumer_config

_AT_ONCE = 10_000


class Fetched(NamedTuple):
    """What there was to fetch, and how fast it came."""

    readings_per_s: float
    bytes_per_message: float
    """Of the value alone."""


def bare_consume(installation: Installation, topic: Topic) -> Fetched:
    """Fetch the whole backlog with the consumer's own settings and drop it. From the first message to the last."""
    consumer = Consumer(consumer_config(installation.kafka, "bench-bare", 10_000))
    consumer.assign([TopicPartition(topic.name, number, 0) for number in range(topic.partitions)])
    count = size = first_count = 0
    first = 0.0
    while count < topic.messages:
        for message in consumer.consume(_AT_ONCE, 1.0):
            if error := message.error():
                raise KafkaException(error)
            value = message.value()
            assert value is not None, "our producer publishes no tombstones"
            size += len(value)
            count += 1
        if count and not first:
            first, first_count = time.perf_counter(), count
    seconds = time.perf_counter() - first
    consumer.close()
    return Fetched((count - first_count) / seconds, size / count)
