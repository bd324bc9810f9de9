"""Partitions come and go: each is taken over in the database before it is read, and given back after it is written."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient

from consumer.duplicates import WINDOW, RecentIds
from consumer.group_wait import GroupWait
from consumer.halted import HaltedPartitions
from consumer.handover import Assigned, Handover, Revoked
from consumer.kafka_log import log_bounds
from consumer.rolling import RollingCourses
from consumer.standing import Standings
from consumer.topic_watch import TopicWatch
from core.errors import Unavailable
from core.machine import Machine
from core.ports.stream import ReadingStore, TopicPartition

_log = logging.getLogger(__name__)

_REVOKE_S = 20.0
"""How long a partition that is taken from us waits for what we read of it; then the next owner reads that again."""
_ACQUIRE_S = 45.0
"""How long an assignment waits for the database before we leave the group and ask again: less than a poll may take."""


class Assignment:
    """The partitions that this process reads: where each goes on from, what it saw last. Fetching thread only."""

    def __init__(
        self,
        store: ReadingStore,
        halted: HaltedPartitions,
        handover: Handover,
        admin: AdminClient,
        stopped: Callable[[], bool],
        wait: GroupWait,
        standings: Standings,
    ) -> None:
        self._store = store
        self._halted = halted
        self._handover = handover
        self._admin = admin
        self._watch = TopicWatch(admin)
        self._stopped = stopped
        self._wait = wait
        self._standings = standings
        self.expected: dict[TopicPartition, int] = {}
        self.recent: dict[TopicPartition, RecentIds] = {}
        self.courses: dict[TopicPartition, RollingCourses] = {}
        """Of machines with rolling sensors."""
        self.changes = 0
        """Counts assignments and revocations: messages polled across one may be stale."""

    def assigned(
        self, consumer: Consumer, partitions: Sequence[KafkaPartition], machines: Mapping[str, Machine]
    ) -> None:
        """Take these partitions over and read them from where the database says; hold those that are halted."""
        self.changes += 1
        self._wait.over()
        by_machine: dict[str, list[TopicPartition]] = {}
        for partition in partitions:
            by_machine.setdefault(machines[partition.topic].name, []).append(_named(partition))
        starts: list[KafkaPartition] = []
        try:
            for ours in by_machine.values():
                machine = machines[ours[0].topic]
                self._patiently(lambda: starts.extend(self._take_over(consumer, machine, ours)))  # noqa: B023  # at once
        except Unavailable as error:
            _log.warning("could not take partitions over (%s); asking the group again", error)
            self._handover.rejoin.set()
            consumer.incremental_assign([])
            return
        consumer.incremental_assign(starts)
        consumer.pause(self._halted.paused(starts))
        consumer.resume(self._halted.readable(starts))  # one that was paused when we lost it would stay so
        _log.info(
            "assigned: %s",
            ", ".join(f"{at.topic}/{at.partition} from {at.offset}" for at in self._halted.readable(starts))
            or "nothing to read",
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
        self._wait.began()
        _log.warning("the group took %d partitions from us; what was read of them is dropped", len(partitions))
        self._handover.new_generation()
        self._forget(partitions)
        consumer.incremental_unassign(list(partitions))

    def is_outdated(self) -> bool:
        """Whether to take our partitions over again: a topic was made anew, or a person decided about a halted one."""
        if self._watch.is_any_remade():
            _log.warning("a topic was made anew while we read it: asking the group again")
            return True
        if self._halted.is_any_decided():
            _log.info("somebody decided about a halted partition: asking the group again")
            return True
        return False

    def _take_over(
        self, consumer: Consumer, machine: Machine, partitions: Sequence[TopicPartition]
    ) -> list[KafkaPartition]:
        bounds = log_bounds(self._admin, consumer, machine, partitions)
        claims, halted = self._store.acquire(machine.name, bounds)
        recent = {claim.partition: self._store.recent(claim.partition, WINDOW) for claim in claims}
        for claim in claims:
            self.recent[claim.partition] = RecentIds(recent[claim.partition].ids)
            self.expected[claim.partition] = claim.next_offset
            if machine.has_rolling:
                self.courses[claim.partition] = RollingCourses(machine, recent[claim.partition])
        self._standings.stored({claim.partition: claim.next_offset for claim in claims})
        self._halted.hold(halted)
        self._watch.began(bounds)
        self._handover.put(Assigned(self._handover.generation, machine.name, claims, recent))
        # A halted one stands where an offset is surely valid: it is paused before anything is fetched there.
        return [KafkaPartition(*at, self.expected[at] if at not in halted else bounds[at].high) for at in partitions]

    def _forget(self, partitions: Sequence[KafkaPartition]) -> None:
        named = [_named(partition) for partition in partitions]
        self._halted.forget(named)
        for partition in named:
            self.expected.pop(partition, None)
            self.recent.pop(partition, None)
            self.courses.pop(partition, None)
        self._watch.keep(partition.topic for partition in (*self.expected, *self._halted.held))

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


def _named(partition: KafkaPartition) -> TopicPartition:
    return TopicPartition(partition.topic, partition.partition)
