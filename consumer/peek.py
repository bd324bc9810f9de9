"""A look at single messages of the log, beside the hot path."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.fetched import Headers
from core.batch import Position
from core.errors import Unavailable

_TIMEOUT_S = 10.0
_kafka_log = logging.getLogger("kafka")


class Whole(NamedTuple):
    """A message as it was published."""

    key: bytes | None
    value: bytes | None
    headers: Headers


def messages_at(kafka: Mapping[str, str], positions: Sequence[Position]) -> list[Whole | None]:
    """The messages at these positions; None where the log does not hold it any more. Raises Unavailable."""
    config = {
        **kafka,
        "group.id": "faultline-peek",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "fetch.message.max.bytes": 8_388_608,
        "queued.max.messages.kbytes": 8_192,
        "fetch.wait.max.ms": 10,  # a look at another place waits for the fetch of the last one to end
    }
    consumer = Consumer(config, logger=_kafka_log)
    try:
        return [_message_at(consumer, position) for position in positions]
    except KafkaException as error:
        raise Unavailable(f"Kafka: {error.args[0].str()}") from error
    finally:
        consumer.close()


def headers_at(kafka: Mapping[str, str], position: Position) -> Headers:
    """The headers of the message at this position. Raises Unavailable where it cannot be read."""
    (message,) = messages_at(kafka, [position])
    if message is None:
        raise Unavailable(f"{_named(position)} is not in the log any more")
    return message.headers


def _message_at(consumer: Consumer, position: Position) -> Whole | None:
    consumer.assign([KafkaPartition(position.topic, position.partition, position.offset)])
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        message = consumer.poll(0.2)
        if message is None:
            continue
        if (error := message.error()) is None:
            return _whole(message) if message.offset() == position.offset else None
        if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            return None
    raise Unavailable(f"Kafka: {_named(position)} cannot be read")


def _whole(message: Message) -> Whole:
    headers = [(name, _bytes(value)) for name, value in cast("Headers", message.headers() or ())]
    return Whole(_bytes(message.key()), _bytes(message.value()), headers)


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _named(position: Position) -> str:
    return f"{position.topic}/{position.partition} at {position.offset}"
