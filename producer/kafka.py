"""How we talk to Kafka as a producer."""

import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from confluent_kafka import KafkaError, Message, Producer

_log = logging.getLogger(__name__)

Headers = list[tuple[str, str | bytes | None]]


class KafkaProducer(Protocol):
    """What we need of the client library's producer."""

    def produce(
        self,
        topic: str,
        value: bytes,
        key: bytes,
        *,
        on_delivery: Callable[[KafkaError | None, Message], None],
        headers: Headers,
    ) -> None:
        """Queue a message; BufferError where the queue is full, KafkaException where it will never be sent."""

    def poll(self, timeout: float) -> int:
        """Report deliveries; wait so many seconds for the first."""

    def flush(self, timeout: float) -> int:
        """Wait so many seconds until all were delivered; how many were not."""


def producer_for(kafka: Mapping[str, str]) -> KafkaProducer:
    """A producer that loses nothing and doubles nothing, however long Kafka is away.

    `kafka`: the connection in librdkafka's words.
    """
    producer: KafkaProducer = Producer(
        {
            **kafka,
            "enable.idempotence": True,
            "acks": "all",
            # Never give a message up: while Kafka is away the queue fills, and publishing waits for room in it.
            "message.timeout.ms": 0,
            "compression.type": "lz4",
            "linger.ms": 5,
            "queue.buffering.max.messages": 100_000,
            # Each try that fails is a line in the log.
            "reconnect.backoff.ms": 500,
            "reconnect.backoff.max.ms": 2_000,
        },
        logger=_log,
    )
    return producer
