"""Messages that are published exactly once, though we may die at any moment: in numbered transactions of Kafka's.

With its messages each transaction commits its number, as the offset of a consumer group that nobody is a member of. Who
comes after a publisher that died reads there whether its last transaction took place; a publisher that was only thought
dead is fenced, and publishes nothing any more.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from core.errors import Fenced, Unavailable, UserError
from producer.kafka import Headers

_log = logging.getLogger(__name__)
_kafka_log = logging.getLogger("kafka.once")
_kafka_log.addFilter(lambda record: "TXNERR" not in record.getMessage())  # the exception says it
_TIMEOUT_S = 30.0
_TRANSACTION_MS = 10_000
_LARGEST = 100_000_000
_REFUSED_AT_ONCE = (KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC, KafkaError.MSG_SIZE_TOO_LARGE)
"""What the client says by itself of a message, where it knows the topic already; else Kafka says it at delivery."""
_FENCED = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)


class Placed(NamedTuple):
    """A message and the partition that it goes to."""

    partition: int
    key: bytes | None
    value: bytes
    headers: Headers


class OncePublisher:
    """The only publisher of its name. Raises Unavailable where Kafka does not answer, Fenced where another one came."""

    def __init__(self, kafka: Mapping[str, str], name: str) -> None:
        """Fences every earlier publisher of that name, and waits until what it had begun is decided."""
        self._group = Consumer({**kafka, "group.id": name, "enable.auto.commit": False}, logger=_kafka_log)
        self._settings = {
            **kafka,
            "transactional.id": name,
            # If we die within one, readers of committed messages wait that long for what stands behind it.
            "transaction.timeout.ms": _TRANSACTION_MS,
            "compression.type": "lz4",
            "message.max.bytes": _LARGEST,
        }
        self._refused = ""
        self._producer = self._begun()

    def last(self, topic: str) -> int | None:
        """The number of the last transaction that took place for this topic; None: none, as far as Kafka remembers."""
        try:
            (at,) = self._group.committed([TopicPartition(topic, 0)], timeout=_TIMEOUT_S)
        except KafkaException as error:
            raise _named(error) from error
        if at.error is not None:
            raise Unavailable(f"Kafka: {at.error.str()}")
        return at.offset if at.offset >= 0 else None

    def publish(self, topic: str, number: int, messages: Iterable[Placed]) -> None:
        """All of these messages take place in the topic, under this number, or none of them.

        UserError: none of them, because Kafka refuses one for good. After any other error nobody knows: ask `last`.
        """
        self._refused = ""
        try:
            self._producer.begin_transaction()
            for message in messages:
                self._produce(topic, message)
            self._producer.send_offsets_to_transaction(
                [TopicPartition(topic, 0, number)], self._group.consumer_group_metadata(), _TIMEOUT_S
            )
            self._producer.commit_transaction(_TIMEOUT_S)
        except KafkaException as error:
            if not error.args[0].txn_requires_abort():
                raise _named(error) from error
            self._abort()
            if not self._refused:
                raise _named(error) from error
            raise _refusal(topic, self._refused) from error

    def close(self) -> None:
        """Leave."""
        self._group.close()

    def _begun(self) -> Producer:
        producer = Producer(self._settings, logger=_kafka_log)
        try:
            producer.init_transactions(_TIMEOUT_S)
        except KafkaException as error:
            raise _named(error) from error
        return producer

    def _produce(self, topic: str, message: Placed) -> None:
        while True:
            try:
                return self._producer.produce(
                    topic,
                    message.value,
                    message.key,
                    message.partition,
                    headers=message.headers,
                    on_delivery=self._on_delivery,
                )
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                if error.args[0].code() not in _REFUSED_AT_ONCE:
                    raise
                self._refused = error.args[0].str()
                self._abort()
                raise _refusal(topic, self._refused) from error

    def _abort(self) -> None:
        try:
            self._producer.abort_transaction(_TIMEOUT_S)
        except KafkaException as error:
            if not self._refused:  # else it is void whoever aborts it: Kafka itself does, of what takes too long
                raise _named(error) from error
        self._producer = self._begun()  # after a refused message the old one counts otherwise than Kafka does

    def _on_delivery(self, error: KafkaError | None, _: Message) -> None:
        if error is not None and error.code() not in (KafkaError._PURGE_QUEUE, *_FENCED):
            self._refused = self._refused or error.str()


def _refusal(topic: str, reason: str) -> UserError:
    return UserError(f"Kafka refuses a message to {topic}: {reason}; none was published")


def _named(error: KafkaException) -> Unavailable | Fenced:
    reason = error.args[0]
    if reason.code() in _FENCED:
        return Fenced("another replay began meanwhile, or Kafka took too long; run it again: none is published twice")
    return Unavailable(f"Kafka (KAFKA_BOOTSTRAP_SERVERS): {reason.str()}")
