"""A Kafka producer in memory; tests/contract/test_kafka_producer.py keeps it honest."""

from collections.abc import Callable
from typing import cast

from confluent_kafka import KafkaError, Message

from producer.kafka import Headers

_NO_MESSAGE = cast("Message", None)  # the publisher looks at a report's error only


class FakeKafkaProducer:
    """Delivers all that is queued at the next poll, unless its broker is away; time passes only while it waits."""

    def __init__(self, room: int = 100_000) -> None:
        self.away = False
        self.refuses = ""
        self.now = 0.0
        self.log: list[tuple[float, str, bytes, bytes, Headers]] = []
        """(when, topic, key, value, headers) of each delivered message."""
        self._room = room
        self._queue: list[tuple[str, bytes, bytes, Headers, Callable[[KafkaError | None, Message], None]]] = []

    def clock(self) -> float:
        """Seconds."""
        return self.now

    def produce(
        self,
        topic: str,
        value: bytes,
        key: bytes,
        *,
        on_delivery: Callable[[KafkaError | None, Message], None],
        headers: Headers,
    ) -> None:
        if len(self._queue) >= self._room:
            raise BufferError
        self._queue.append((topic, key, value, headers, on_delivery))

    def poll(self, timeout: float) -> int:
        if self.away or not self._queue:
            self.now += timeout
            return 0
        queue, self._queue = self._queue, []
        for topic, key, value, headers, on_delivery in queue:
            if self.refuses:
                on_delivery(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED, self.refuses), _NO_MESSAGE)
            else:
                self.log.append((self.now, topic, key, value, headers))
                on_delivery(None, _NO_MESSAGE)
        return len(queue)

    def flush(self, timeout: float) -> int:
        self.poll(timeout)
        return len(self._queue)
