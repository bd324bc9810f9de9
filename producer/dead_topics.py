"""Copies of dead letters in the topics <topic>.dead, with the header names of Kafka Connect.

Names: org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter.
"""

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from core.dead_letter import KeptLetter
from core.errors import Unavailable
from producer.kafka import Headers

SUFFIX = ".dead"
KEPT = 4096
"""Bytes of a value that a topic does not take whole."""
_CONNECT = "__connect.errors."
_TIMEOUT_S = 10.0
_log = logging.getLogger(__name__)


class DeadTopics:
    """Publishes copies; a letter whose copy Kafka did not confirm is simply not among those that arrived."""

    def __init__(self, kafka: Mapping[str, str], replication: int) -> None:
        self._kafka = kafka
        self._replication = replication
        self._there: set[str] = set()
        self._refused: set[str] = set()
        self._trouble = ""

    @cached_property
    def _admin(self) -> AdminClient:
        return AdminClient({**self._kafka}, logger=_log)

    @cached_property
    def _producer(self) -> Producer:
        # Made for the first letter: its threads and connections are worth nothing where all is well.
        return Producer(
            {
                **self._kafka,
                "enable.idempotence": True,
                "message.timeout.ms": round(_TIMEOUT_S * 1000),  # who waits is the table, not a queue in memory
                "message.max.bytes": 100_000_000,  # the broker knows how large is too large
                "compression.type": "lz4",
                "linger.ms": 5,
                "reconnect.backoff.ms": 500,
                "reconnect.backoff.max.ms": 2_000,
            },
            logger=_log,
        )

    def copy(self, letters: Sequence[KeptLetter]) -> Sequence[KeptLetter]:
        """Publish a copy of each; those of which Kafka confirmed one. Raises Unavailable where it confirmed none."""
        if not letters:
            return []
        self._ensure({letter.topic + SUFFIX for letter in letters})
        arrived: list[KeptLetter] = []
        self._trouble = ""
        for letter in letters:
            if letter.topic + SUFFIX in self._there:
                self._publish(letter, letter.value, arrived)
        self._producer.flush(2 * _TIMEOUT_S)
        if self._trouble and not arrived:
            raise Unavailable(f"Kafka: {self._trouble}")
        return arrived

    @property
    def refused(self) -> Collection[str]:
        """Topics whose copies have nowhere to go."""
        return {topic.removesuffix(SUFFIX) for topic in self._refused}

    def try_again(self) -> None:
        """Somebody may have made the topics meanwhile."""
        self._there.clear()

    def _publish(self, letter: KeptLetter, value: bytes | None, arrived: list[KeptLetter]) -> None:
        while True:
            try:
                return self._producer.produce(
                    letter.topic + SUFFIX,
                    value,
                    letter.key,
                    headers=headers_of(letter, value),
                    on_delivery=partial(self._on_delivery, letter, value, arrived),
                )
            except BufferError:
                self._producer.poll(0.1)

    def _on_delivery(
        self, letter: KeptLetter, value: bytes | None, arrived: list[KeptLetter], error: KafkaError | None, _: Message
    ) -> None:
        if error is None:
            arrived.append(letter)
        elif error.code() == KafkaError.MSG_SIZE_TOO_LARGE and value is not None and len(value) > KEPT:
            self._publish(letter, value[:KEPT], arrived)
        else:
            self._trouble = error.str()
            self._there.discard(letter.topic + SUFFIX)

    def _ensure(self, topics: set[str]) -> None:
        """Create the topics that are missing; where Kafka does not let us, say so once."""
        if topics <= self._there:
            return
        try:
            self._there.update(self._admin.list_topics(timeout=_TIMEOUT_S).topics)
        except KafkaException as error:
            raise Unavailable(f"Kafka: {error.args[0].str()}") from error
        missing = [
            NewTopic(topic, num_partitions=1, replication_factor=self._replication) for topic in topics - self._there
        ]
        for topic, creation in (self._admin.create_topics(missing) if missing else {}).items():
            try:
                creation.result(_TIMEOUT_S)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    self._refuse(topic, error.args[0])
                    continue
            self._there.add(topic)
            _log.info("created the topic %s", topic)
        self._refused -= self._there

    def _refuse(self, topic: str, error: KafkaError) -> None:
        if topic not in self._refused:
            self._refused.add(topic)
            _log.error(
                "the topic %s cannot be created (%s): create it, or let us; until then its dead letters have no copy in"
                " Kafka, and are all in the database (./run dead-letters list)",
                topic,
                error.str(),
            )


def headers_of(letter: KeptLetter, value: bytes | None) -> Headers:
    """The original headers, then where and why the message failed; `value`: what the copy holds of it."""
    headers: Headers = [
        *letter.headers,
        (f"{_CONNECT}topic", letter.topic),
        (f"{_CONNECT}partition", str(letter.partition)),
        (f"{_CONNECT}offset", str(letter.offset)),
        (f"{_CONNECT}connector.name", "faultline"),
        (f"{_CONNECT}stage", letter.stage),
        (f"{_CONNECT}exception.class.name", "InvalidReading"),
        (f"{_CONNECT}exception.message", letter.reason),
    ]
    if len(value or b"") < letter.value_size:
        sha256 = letter.value_sha256 or hashlib.sha256(letter.value or b"").digest()
        headers += [("faultline.value.size", str(letter.value_size)), ("faultline.value.sha256", sha256.hex())]
    return headers
