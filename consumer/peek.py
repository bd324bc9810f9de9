"""A look at single messages of the log, beside the hot path."""

import logging
import time
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.fetched import Headers
from core.batch import Position
from core.errors import Unavailable

_TIMEOUT_S = 10.0
_kafka_log = logging.getLogger("kafka")


def headers_at(kafka: Mapping[str, str], position: Position) -> Headers:
    """The headers of the message at this position. Raises Unavailable where it cannot be read in time."""
    consumer = Consumer({**kafka, "group.id": "faultline-peek", "enable.auto.commit": False}, logger=_kafka_log)
    try:
        consumer.assign([KafkaPartition(position.topic, position.partition, position.offset)])
        deadline = time.monotonic() + _TIMEOUT_S
        while time.monotonic() < deadline:
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                return [(name, _bytes(value)) for name, value in dict(message.headers() or ()).items()]
    except KafkaException as error:
        raise Unavailable(f"Kafka: {error.args[0].str()}") from error
    finally:
        consumer.close()
    raise Unavailable(f"{position.topic}/{position.partition} at {position.offset} cannot be read")


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
