"""Whether the topics that we read are still the ones that we began to read.

A consumer that runs while a topic is deleted and made anew reads on at its old offset without a word, if the new log is
long enough already: librdkafka asks for topics by name. So we ask for their ids, again and again.
"""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._topic import TopicDescription

from core.ports.stream import LogBounds, TopicPartition

_LOOK_S = 1.0
_TIMEOUT_S = 10.0


class TopicWatch:
    """Never waits for an answer. Fetching thread only."""

    def __init__(self, admin: AdminClient) -> None:
        self._admin = admin
        self._ids: dict[str, str] = {}
        self._asked: Mapping[str, Future[TopicDescription]] = {}
        self._look_at = 0.0

    def began(self, bounds: Mapping[TopicPartition, LogBounds]) -> None:
        """These partitions were taken over while their topics had these ids."""
        self._ids.update({partition.topic: its.topic_id for partition, its in bounds.items()})
        self._asked = {}  # what was asked before may be older than that

    def keep(self, topics: Iterable[str]) -> None:
        """Of all topics only these are read still."""
        kept = set(topics)
        self._ids = {topic: topic_id for topic, topic_id in self._ids.items() if topic in kept}

    def is_any_remade(self) -> bool:
        """Whether a topic has another id by now; looks at Kafka's last answer, and asks again once a second."""
        if not self._ids or time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + _LOOK_S
        remade = any(self._is_remade(topic, answer) for topic, answer in self._asked.items())
        if all(answer.done() for answer in self._asked.values()):
            topics = TopicCollection(sorted(self._ids))
            self._asked = self._admin.describe_topics(topics, request_timeout=_TIMEOUT_S)
        return remade

    def _is_remade(self, topic: str, answer: "Future[TopicDescription]") -> bool:
        if not answer.done() or topic not in self._ids:
            return False
        try:
            return str(answer.result().topic_id) != self._ids[topic]
        except KafkaException:  # Kafka is away, or the topic is: then nothing is read that we could mistake
            return False
