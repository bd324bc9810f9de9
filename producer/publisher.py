"""Publishes messages when they are due, and counts what Kafka confirms."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Message

from core.errors import Halted, Unavailable
from producer.kafka import Headers, KafkaProducer
from producer.messages import Messages

_NAP = 0.1
"""Seconds between two looks at the clock and at whether we shall stop."""


@dataclass(slots=True)
class Totals:
    """What became of the messages so far."""

    produced: int = 0
    """Handed to the client library."""
    delivered: int = 0
    """Confirmed by Kafka."""
    failed: int = 0
    """Refused by Kafka for good."""
    reason: str = ""
    """Why the last one failed."""


class Publisher:
    """Publishes to Kafka on an absolute schedule: a delay is made up for, never carried on."""

    def __init__(self, producer: KafkaProducer, clock: Callable[[], float], watch: Callable[[Totals], None]) -> None:
        """`clock`: seconds, monotonic. `watch` is called with the totals at least every 0.1 s while publishing."""
        self._producer = producer
        self._clock = clock
        self._watch = watch
        self.totals = Totals()

    def publish(self, batches: Iterable[Messages], stopping: threading.Event, seconds: float | None = None) -> None:
        """Publish until the batches end, `stopping` is set or `seconds` have passed; `finish` then confirms it.

        Raises Halted as soon as Kafka refuses a reading.
        """
        start = self._clock()
        end = float("inf") if seconds is None else start + seconds
        for messages in batches:
            if not self._reached(start + messages.due, end, stopping) or not self._send(messages, end, stopping):
                return
            self._producer.poll(0)
            self._check()

    def finish(self, patience: float) -> None:
        """Wait until Kafka confirmed everything. Raises Unavailable where that took more than `patience` seconds."""
        left = self._producer.flush(patience)
        self._watch(self.totals)
        self._check()
        if left:
            raise Unavailable(
                f"{left} of {self.totals.produced} readings were not confirmed by Kafka within {patience:.0f} s and may"
                " be missing: see whether the brokers of KAFKA_BOOTSTRAP_SERVERS run"
            )

    def _reached(self, due: float, end: float, stopping: threading.Event) -> bool:
        """Wait until then; False where we are to stop first."""
        while not stopping.is_set() and (now := self._clock()) < end:
            self._watch(self.totals)
            if now >= due:
                return True
            self._producer.poll(min(due - now, end - now, _NAP))
        return False

    def _send(self, messages: Messages, end: float, stopping: threading.Event) -> bool:
        """Hand them over, waiting for room in the queue; False where we are to stop first."""
        for key, value, headers in zip(messages.keys, messages.values, messages.headers, strict=True):
            while not self._accepted(messages.topic, key, value, headers):
                self._producer.poll(_NAP)
                self._watch(self.totals)
                self._check()
                if stopping.is_set() or self._clock() >= end:
                    return False
        return True

    def _accepted(self, topic: str, key: bytes, value: bytes, headers: Headers) -> bool:
        """Queue one message; False where the queue is full."""
        try:
            self._producer.produce(topic, value, key, on_delivery=self._on_delivery, headers=headers)
        except BufferError:
            return False
        except KafkaException as error:
            raise Halted(f"Kafka's client refuses to publish to {topic}: {error.args[0].str()}") from error
        self.totals.produced += 1
        return True

    def _check(self) -> None:
        if self.totals.failed:
            raise Halted(
                f"{self.totals.failed} of {self.totals.produced} readings were refused by Kafka: {self.totals.reason}"
            )

    def _on_delivery(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.totals.delivered += 1
        else:
            self.totals.failed += 1
            self.totals.reason = error.str()
