"""How far the topics go: what lag is measured against."""

import logging
import time
from collections.abc import Iterable, Mapping

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from core.errors import Unavailable
from core.ports.stream import LogBounds, TopicPartition

_TIMEOUT_S = 10.0
_PAUSE_S = 0.1
_SETTLING = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)
"""A partition that was just made, or moves, has no leader for a moment."""
_kafka_log = logging.getLogger("kafka")


class LogEnds:
    """Asks Kafka for the ends of its log, over one connection."""

    def __init__(self, kafka: Mapping[str, str]) -> None:
        self._address = kafka["bootstrap.servers"]
        self._admin = AdminClient(dict(kafka), logger=_kafka_log)

    def of(self, topics: Iterable[str]) -> dict[TopicPartition, tuple[int, int]]:
        """(oldest, next) offset of every partition of these topics; absent topics are left out. Raises Unavailable."""
        deadline = time.monotonic() + _TIMEOUT_S
        while True:
            try:
                return self._of(topics)
            except KafkaException as error:
                reason = error.args[0]
                if reason.code() not in _SETTLING or time.monotonic() > deadline:
                    raise Unavailable(
                        f"Kafka at {self._address} (KAFKA_BOOTSTRAP_SERVERS) does not answer: {reason.str()}"
                    ) from error
            time.sleep(_PAUSE_S)

    def bounds(self, topic: str) -> dict[TopicPartition, LogBounds]:
        """What Kafka says of each partition of the topic; nothing where it is absent. Raises Unavailable."""
        ends = self.of([topic])
        if not ends:
            return {}
        try:
            described = self._admin.describe_topics(TopicCollection([topic]), request_timeout=_TIMEOUT_S)
            topic_id = str(described[topic].result().topic_id)
        except KafkaException as error:
            raise Unavailable(f"Kafka at {self._address} does not describe {topic}: {error.args[0].str()}") from error
        return {partition: LogBounds(topic_id, low, high) for partition, (low, high) in ends.items()}

    def _of(self, topics: Iterable[str]) -> dict[TopicPartition, tuple[int, int]]:
        existing = self._admin.list_topics(timeout=_TIMEOUT_S).topics
        partitions = [
            KafkaPartition(topic, number)
            for topic in topics
            if topic in existing
            for number in existing[topic].partitions
        ]
        low = self._offsets(partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]  # theirs
        high = self._offsets(partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]  # theirs
        return {partition: (low[partition], high[partition]) for partition in high}

    def _offsets(self, partitions: Iterable[KafkaPartition], spec: OffsetSpec) -> dict[TopicPartition, int]:
        wanted = dict.fromkeys(partitions, spec)
        if not wanted:
            return {}
        futures = self._admin.list_offsets(wanted, request_timeout=_TIMEOUT_S)
        return {TopicPartition(at.topic, at.partition): future.result().offset for at, future in futures.items()}


def messages_behind(next_offset: int | None, low: int, high: int) -> int:
    """Messages between where we stand and the end of the log; None: nothing of it was read yet."""
    return max(0, high - max(low, next_offset or 0))
