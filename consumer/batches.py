"""Batches of what was fetched: each partition goes on where the batch before ended."""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from consumer.assignment import Assignment
from consumer.batch_way import Follow
from consumer.decode import Decoder
from consumer.fetched import Fetched, GoodMessage, by_topic
from consumer.oversize import decode_within
from consumer.rolling import with_rolling_sensors
from consumer.schema_registry import Schemas
from core.batch import Batch
from core.machine import Machine
from core.ports.stream import TopicPartition

_log = logging.getLogger(__name__)


class Batches:
    """Decodes for the fetching thread; machines and readings to forget may come from other threads."""

    def __init__(
        self, assignment: Assignment, message_limit: int, schemas: Schemas | None, follow: Follow | None = None
    ) -> None:
        """`schemas`: what framed messages are checked by; None: by their machine's file alone.

        `follow`: what keeps the way of each batch; None: nobody wants to know.
        """
        self._assignment = assignment
        self._message_limit = message_limit
        self._schemas = schemas
        self._follow = follow
        self._decoders: Mapping[str, Decoder] = {}
        self._framed: frozenset[str] = frozenset()
        """Topics whose messages name schemas."""
        self._unstored: deque[tuple[TopicPartition, bytes]] = deque()

    def read(self, machine: Machine) -> None:
        """Know how this machine's topics are decoded."""
        decoder = Decoder(machine, self._schemas.check if self._schemas else None)
        self._decoders = {**self._decoders, **dict.fromkeys(machine.topics, decoder)}
        if machine.message.framing == "confluent":
            self._framed |= set(machine.topics)

    def forget(self, partition: TopicPartition, reading_id: bytes) -> None:
        """A reading that was decoded is not stored: the same id may come again."""
        self._unstored.append((partition, reading_id))

    def learn_schemas(self, messages: Sequence[GoodMessage]) -> None:
        """Know the schemas that these messages name, before they are decoded. Raises Unavailable: try again."""
        if self._schemas is not None and self._framed:
            self._schemas.learn(message.value() for message in messages if message.topic() in self._framed)

    def of(self, messages: Sequence[GoodMessage]) -> list[Batch]:
        """A batch a topic; what comes next is expected after these messages."""
        self._forget_the_unstored()
        return [self._decoded(fetched) for fetched in by_topic(messages)]

    def _forget_the_unstored(self) -> None:
        while self._unstored:
            partition, reading_id = self._unstored.popleft()
            if partition in self._assignment.recent:
                self._assignment.recent[partition].forget(reading_id)

    def _decoded(self, fetched: Fetched) -> Batch:
        if self._follow is None:
            batch = self._readings(fetched)
        else:
            way = self._follow(fetched)
            with way.stage("decode"):
                batch = replace(self._readings(fetched), way=way)
        nexts = {TopicPartition(fetched.topic, run.partition): run.next_offset for run in batch.runs}
        self._assignment.expected.update(nexts)
        _tell_gaps(batch)
        return batch

    def _readings(self, fetched: Fetched) -> Batch:
        expected, recent = self._assignment.expected, self._assignment.recent
        decode = partial(self._decoders[fetched.topic].decode, expected=expected, recent=recent)
        return with_rolling_sensors(decode_within(self._message_limit, fetched, decode), self._assignment.courses)


def _tell_gaps(batch: Batch) -> None:
    for run in batch.runs:
        for first, count in run.gaps:
            _log.warning("%s/%d: %d offsets from %d on are not in the log", batch.topic, run.partition, count, first)
