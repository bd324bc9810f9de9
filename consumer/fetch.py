"""The fetching thread: polls Kafka, decodes, and hands over what it read."""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from confluent_kafka.admin import AdminClient

from consumer.assignment import Assignment
from consumer.batch_way import Follow
from consumer.batches import Batches
from consumer.committed import CommittedOffsets
from consumer.fetched import GoodMessage
from consumer.group_wait import GroupWait
from consumer.halted import HaltedPartitions
from consumer.handover import Ended, Handover, Work
from consumer.meter import Meter
from consumer.schema_registry import Schemas
from consumer.standing import Standings
from core.batch import Batch
from core.errors import Unavailable
from core.machine import Machine
from core.ports.stream import Halts, ReadingStore, TopicPartition

_log = logging.getLogger(__name__)
_kafka_log = logging.getLogger("kafka")

_BATCH = 20_000
"""Messages of one transaction at most."""
_FEW = 2_000
"""With fewer messages at a time we keep up with the log. Then the next are fetched once these are stored: fetched ahead
they would only wait in line, three transactions long."""
_STRIDE = 1_000
"""Messages taken over in one go: in between, a thread back from Postgres or a model may have the interpreter."""
_POLL_S = 0.1
_NOTE_ENDS_S = 1.0
_REGISTRY_PAUSE_S = 0.5
_CONNECTION = ("bootstrap.", "security.", "sasl.", "ssl.")


class Fetcher(threading.Thread):
    """Reads the topics of the machines it was told to. Its last word in the handover is Ended."""

    def __init__(
        self,
        config: Mapping[str, Any],
        store: ReadingStore,
        halts: Halts,
        handover: Handover,
        message_limit: int,
        standings: Standings,
        meter: Meter,
        schemas: Schemas | None = None,
        follow: Follow | None = None,
    ) -> None:
        super().__init__(name="fetch")
        self._config = dict(config)
        connection = {key: value for key, value in config.items() if key.startswith(_CONNECTION)}
        self._consumer = Consumer(self._config, logger=_kafka_log)
        self._handover = handover
        self._stopping = threading.Event()
        admin = AdminClient(connection, logger=_kafka_log)
        self._halted = HaltedPartitions(halts)
        self._wait = GroupWait(int(config["max.poll.interval.ms"]) / 1000)
        self._assignment = Assignment(
            store, self._halted, handover, admin, self._stopping.is_set, self._wait, standings
        )
        self._batches = Batches(self._assignment, message_limit, schemas, follow)
        self._machines: Mapping[str, Machine] = {}
        self._subscribed: set[str] = set()
        self._left: frozenset[str] = frozenset()
        self._committed = CommittedOffsets()
        self._standings = standings
        self._meter = meter
        self._noted_at = 0.0
        self._behind = False

    def read(self, machine: Machine) -> None:
        """From now on read this machine's topics as well; may be called from another thread."""
        self._batches.read(machine)
        self._machines = {**self._machines, **dict.fromkeys(machine.topics, machine)}
        self._left -= {machine.name}

    def leave(self, machine: str) -> None:
        """Read this machine's topics no more, from the next time that we ask the group; from another thread."""
        self._left |= {machine}

    def forget(self, partition: TopicPartition, reading_id: bytes) -> None:
        """A reading that was decoded is not stored: the same id may come again; from another thread."""
        self._batches.forget(partition, reading_id)

    def stored(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Where the writer has got to; Kafka is told now and then, for lag tools only."""
        self._committed.stored(offsets)
        self._standings.stored(offsets)

    def stop(self) -> None:
        """End soon: partitions are given back once what was read of them is written."""
        self._stopping.set()

    def run(self) -> None:
        """Poll until stopped."""
        error: Exception | None = None
        try:
            while not self._stopping.is_set():
                self._step()
        except KafkaException as reason:
            error = Unavailable(f"Kafka: {reason}")
        except Exception as reason:  # noqa: BLE001  # whatever ends this thread must end the process: the loop raises it
            error = reason
        finally:
            self._end(error)

    def _end(self, error: Exception | None) -> None:
        """Give the partitions back; whatever happens, the loop hears that we ended."""
        try:
            if error is not None:
                self._handover.new_generation()
            self._consumer.close()
        finally:
            self._handover.put(Ended(error))

    def _step(self) -> None:
        self._follow_orders()
        if not self._subscribed:
            self._stopping.wait(_POLL_S)
        elif not self._handover.may_fetch(0.5, ahead=self._behind):
            self._stay_in_group()
        elif batches := self._fetch():
            self._handover.put(Work(self._handover.generation, batches))
        else:
            self._handover.slot_free()
        self._wait.look()
        self._committed.tell(self._consumer, self._assignment.expected)
        self._note_ends()

    def _follow_orders(self) -> None:
        rejoin = self._handover.rejoin.is_set() or self._assignment.is_outdated() or self._wait.is_too_long()
        wanted = {topic for topic, machine in self._machines.items() if machine.name not in self._left}
        if rejoin or not wanted >= self._subscribed:
            self._rejoin()
        if wanted != self._subscribed:
            self._consumer.subscribe(
                sorted(wanted),
                on_assign=lambda consumer, partitions: self._assignment.assigned(consumer, partitions, self._machines),
                on_revoke=self._assignment.revoked,
                on_lost=self._assignment.lost,
            )
            self._subscribed = wanted
            self._wait.began()

    def _rejoin(self) -> None:
        """Leave the group and join it anew: every partition is taken over again from what the database says."""
        self._handover.rejoin.clear()
        self._handover.new_generation()
        self._consumer.close()
        self._consumer = Consumer(self._config, logger=_kafka_log)
        self._subscribed = set()

    def _fetch(self) -> list[Batch]:
        first = self._consumer.poll(_POLL_S)
        if first is None:
            self._behind = False
            return []
        changes = self._assignment.changes
        messages = [first, *self._there_already(_BATCH - 1)]
        self._behind = len(messages) > _FEW
        if changes != self._assignment.changes:
            self._handover.rejoin.set()  # a rebalance came between the two calls: the first message may not be ours now
            return []
        errors = list(map(Message.error, messages))
        if any(error is not None for error in errors):
            pairs = zip(messages, errors, strict=True)
            messages = [message for message, error in pairs if error is None or self._meet(error)]
        good = cast(Sequence[GoodMessage], messages)
        if not self._know_schemas(good, changes):
            return []
        with self._meter.stage("decode"):
            return self._batches.of(good)

    def _know_schemas(self, messages: Sequence[GoodMessage], changes: int) -> bool:
        """Wait for the Schema Registry where it is needed; False: these messages are not to be decoded after all."""
        told = False
        while not self._stopping.is_set():
            try:
                self._batches.learn_schemas(messages)
            except Unavailable as error:
                if not told:
                    _log.warning("%s; what it is asked for waits", error)
                told = True
            else:
                return True
            self._stay_in_group()
            self._stopping.wait(_REGISTRY_PAUSE_S)
            if changes != self._assignment.changes or self._handover.rejoin.is_set():
                self._handover.rejoin.set()  # what we hold may not be ours now: it is read again
                return False
        return False

    def _there_already(self, count: int) -> list[Message]:
        """Up to so many messages, without waiting for more: that would add the wait to every reading."""
        messages: list[Message] = []
        while more := self._consumer.consume(min(_STRIDE, count - len(messages)), 0):
            messages += more
            if len(messages) == count:
                break
        return messages

    def _meet(self, error: KafkaError) -> bool:
        """Act on an error that came in a message's place; False, because there is no message to keep."""
        if error.fatal():
            raise KafkaException(error)
        if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            _log.error("our offset is not in the log any more (%s); asking what is left of it", error.str())
            self._handover.rejoin.set()
        else:
            _log.warning("Kafka: %s", error.str())
        return False

    def _stay_in_group(self) -> None:
        """The writer is behind (a slow or absent database): answer the group without reading on."""
        self._consumer.pause(self._consumer.assignment())
        message = self._consumer.poll(_POLL_S)
        if message is not None and ((error := message.error()) is None or self._meet(error)):
            self._handover.rejoin.set()  # of a partition that came within this very poll: read it again from its start
        self._consumer.resume(self._halted.readable(self._consumer.assignment()))

    def _note_ends(self) -> None:
        """Tell the writer how far the logs go, as the last answers of the brokers said."""
        if time.monotonic() - self._noted_at >= _NOTE_ENDS_S:
            self._noted_at = time.monotonic()
            ends = {
                TopicPartition(at.topic, at.partition): self._consumer.get_watermark_offsets(at, cached=True)[1]
                for at in self._consumer.assignment()
            }
            self._handover.ends = {partition: end for partition, end in ends.items() if end >= 0}
            self._standings.look(self._assignment.expected, self._handover.ends, self._halted.held)
