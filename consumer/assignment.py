"""Partitions come and go: each is taken over in the database before it is read, and given back after it is written."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient

from consumer.duplicates import WINDOW, RecentIds
from consumer.handover import Assigned, Handover, Revoked
from consumer.kafka_log import log_bounds
from core.errors import Halted, Unavailable
from core.machine import Machine
from core.ports import ReadingStore, TopicPartition

_log = logging.getLogger(__name__)

_REVOKE_S = 20.0
"""How long a partition that is taken from us waits for what we read of it; then the next owner reads that again."""
_ACQUIRE_S = 120.0
"""How long an assignment waits for the database before we leave the group and ask again."""


class Assignment:
    """The partitions that this process reads: where each goes on from, the ids it saw last. Fetching thread only."""

    def __init__(
        self, store: ReadingStore, handover: Handover, admin: AdminClient, stopped: Callable[[], bool]
    ) -> None:
        self._store = store
        self._handover = handover
        self._admin = admin
        self._stopped = stopped
        self.expected: dict[TopicPartition, int] = {}
        self.recent: dict[TopicPartition, RecentIds] = {}
        self.changes = 0
        """Counts assignments and revocations: messages polled across one may be stale."""

    def assigned(
        self, consumer: Consumer, partitions: Sequence[KafkaPartition], machines: Mapping[str, Machine]
    ) -> None:
        """Take these partitions over and read them from where the database says. `machines`: by topic."""
        self.changes += 1
        by_machine: dict[str, list[TopicPartition]] = {}
        for partition in partitions:
            machine = machines[partition.topic]
            _require_order(machine, partition)
            by_machine.setdefault(machine.name, []).append(_named(partition))
        try:
            for name, ours in by_machine.items():
                self._patiently(partial(self._take_over, consumer, name, ours))
        except Unavailable as error:
            _log.warning("could not take partitions over (%s); asking the group again", error)
            self._handover.rejoin.set()
            consumer.incremental_assign([])
            return
        starts = [KafkaPartition(item.topic, item.partition, self.expected[_named(item)]) for item in partitions]
        consumer.incremental_assign(starts)
        consumer.resume(starts)  # one that was paused when we lost it would stay so
        _log.info(
            "assigned: %s", ", ".join(f"{at.topic}/{at.partition} from {at.offset}" for at in starts) or "nothing"
        )

    def revoked(self, consumer: Consumer, partitions: Sequence[KafkaPartition]) -> None:
        """Wait until all that was read of these partitions is stored, then give them back."""
        self.changes += 1
        item = Revoked(self._handover.generation, [_named(partition) for partition in partitions])
        self._handover.put(item)
        if not self._handover.wait_until_written(item, _REVOKE_S):
            _log.warning("revoked partitions were not written in time; their next owner reads the rest again")
            self._handover.new_generation()
            self._handover.rejoin.set()
        self._forget(partitions)
        consumer.incremental_unassign(list(partitions))

    def lost(self, consumer: Consumer, partitions: Sequence[KafkaPartition]) -> None:
        """The group gave up on us: nothing that was read is written any more."""
        self.changes += 1
        _log.warning("the group took %d partitions from us; what was read of them is dropped", len(partitions))
        self._handover.new_generation()
        self._forget(partitions)
        consumer.incremental_unassign(list(partitions))

    def _take_over(self, consumer: Consumer, machine: str, partitions: Sequence[TopicPartition]) -> None:
        claims = self._store.acquire(machine, log_bounds(self._admin, consumer, partitions))
        for claim in claims:
            self.recent[claim.partition] = RecentIds(self._store.recent_ids(claim.partition, WINDOW))
            self.expected[claim.partition] = claim.next_offset
        self._handover.put(Assigned(self._handover.generation, machine, claims))

    def _forget(self, partitions: Sequence[KafkaPartition]) -> None:
        for partition in partitions:
            self.expected.pop(_named(partition), None)
            self.recent.pop(_named(partition), None)

    def _patiently(self, act: Callable[[], None]) -> None:
        """Try until the servers answer. Raises Unavailable when they did not in time, or when we are to stop."""
        deadline, pause = time.monotonic() + _ACQUIRE_S, 0.1
        while True:
            try:
                return act()
            except Unavailable as error:
                if self._stopped() or time.monotonic() > deadline:
                    raise
                _log.warning("%s; trying again in %.1f s", error, pause)
                time.sleep(pause)
                pause = min(2 * pause, 5.0)


def _require_order(machine: Machine, partition: KafkaPartition) -> None:
    """Raises Halted where a device's readings may come out of order, spread over partitions by a meaningless key."""
    if machine.key == "any" and partition.partition > 0:
        raise Halted(
            f"the topic {partition.topic} has several partitions, and the key of {machine.name} is not the device:"
            ' give the topic one partition, or publish with key = "device"'
        )


def _named(partition: KafkaPartition) -> TopicPartition:
    return TopicPartition(partition.topic, partition.partition)
