"""How we talk to Kafka as a producer."""

import logging
from collections.abc import Mapping

from confluent_kafka import Producer

_log = logging.getLogger(__name__)


def producer_for(kafka: Mapping[str, str]) -> Producer:
    """A producer that loses nothing and doubles nothing, however long Kafka is away.

    `kafka`: the connection in librdkafka's words.
    """
    return Producer(
        {
            **kafka,
            "enable.idempotence": True,
            "acks": "all",
            # Never give a message up: while Kafka is away the queue fills, and publishing waits for room in it.
            "message.timeout.ms": 0,
            "compression.type": "lz4",
            "linger.ms": 5,
            "queue.buffering.max.messages": 100_000,
        },
        logger=_log,
    )
