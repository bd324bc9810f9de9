"""Kafka's own committed offsets: for lag tools only, the truth lies in Postgres."""

import time
from collections.abc import Callable, Container, Mapping

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as KafkaPartition

from core.ports.stream import TopicPartition

_EVERY_S = 1.0


class CommittedOffsets:
    """Tells Kafka now and then how far the writer has got."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stored: Mapping[TopicPartition, int] = {}
        self._told_at = 0.0

    def stored(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Where the writer has got to; may be called from another thread."""
        self._stored = {**self._stored, **offsets}

    def tell(self, consumer: Consumer, ours: Container[TopicPartition]) -> None:
        """Commit, without waiting for the answer, what is news and still ours.

        Of a partition that the group took from us nothing is said: the broker would refuse it.
        """
        if not self._stored or self._clock() - self._told_at < _EVERY_S:
            return
        stored, self._stored, self._told_at = self._stored, {}, self._clock()
        if offsets := [KafkaPartition(*at, offset) for at, offset in stored.items() if at in ours]:
            consumer.commit(offsets=offsets, asynchronous=True)
