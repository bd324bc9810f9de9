"""How the whole installation is doing: what the database holds, measured against what Kafka holds."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from app.program import spoken
from app.settings import Settings
from app.wiring import database, kafka
from consumer.lag import LogEnds, messages_behind
from core.errors import Unavailable
from core.halt import HaltKind
from core.machine import Machine
from core.overdue import Waiting
from core.ports.stream import TopicPartition
from core.repair import WAYS_ON
from db.partitions import PartitionStatus, PostgresPartitions
from db.status import MachineStatus, PostgresStatus
from db.waiting import PostgresWaiting

_BY_ITSELF = "then it goes on by itself"
Ends = Mapping[TopicPartition, tuple[int, int]]
"""(oldest, next) offset of each partition."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One look at every machine."""

    machines: Mapping[str, MachineStatus]
    partitions: Sequence[PartitionStatus]
    outbox: Waiting
    """Messages to people that were not delivered yet."""
    silent: Unavailable | None
    """Why the lags are not known: Kafka does not answer."""


class Overview:
    """Looks at every machine, again and again."""

    def __init__(self, settings: Settings, machines: Iterable[Machine]) -> None:
        self._topics = {topic: machine.name for machine in machines for topic in machine.topics}
        self._ends = LogEnds(kafka(settings))
        # The read-only role, of which every process's login in containers is a member.
        engine = database(settings, "grafana")
        self._database = PostgresStatus(engine)
        self._partitions = PostgresPartitions(engine)
        self._outbox = PostgresWaiting(engine)

    def look(self) -> Mapping[str, MachineStatus]:
        """The status of each machine by name, with its lag. Raises Unavailable, of Kafka as well."""
        seen = self.see()
        if seen.silent:
            raise seen.silent
        return seen.machines

    def see(self) -> Seen:
        """Every machine and partition; with the lags where Kafka answers. Raises Unavailable where the database is."""
        stored, silent = self._partitions.all(), None
        try:
            ends: Ends | None = self._ends.of({*self._topics, *(at.topic for at in stored)})
        except Unavailable as error:
            ends, silent = None, error
        partitions = measured(stored, ends, self._topics)
        lags: dict[str, int | None] = dict.fromkeys(self._topics.values(), None if silent else 0)
        for one in partitions:
            if (machine := self._topics.get(one.topic)) and one.lag is not None:
                lags[machine] = (lags[machine] or 0) + one.lag
        known = self._database.machines()
        found = {
            name: msgspec.structs.replace(known.get(name, MachineStatus()), lag=lag)
            for name, lag in sorted(lags.items())
        }
        return Seen(machines=found, partitions=partitions, outbox=self._outbox.look(), silent=silent)


def measured(
    stored: Mapping[TopicPartition, PartitionStatus], ends: Ends | None, topics: Iterable[str]
) -> list[PartitionStatus]:
    """Every partition that is there or was read, by topic and number, with what Kafka says of it (None: no answer).

    Of topics that no machine names only what was read of them is told.
    """
    named, ours = set(topics), []
    there = {at for at in ends or {} if at.topic in named}
    for at in sorted({*there, *stored}):
        one = stored.get(at) or PartitionStatus(topic=at.topic, partition=at.partition)
        if ends is not None and at not in ends:
            one = msgspec.structs.replace(one, log="absent")
        elif ends is not None:
            one = msgspec.structs.replace(one, log="there", lag=messages_behind(one.next_offset, *ends[at]))
        ours.append(one)
    return ours


def halted_lines(partitions: Iterable[PartitionStatus]) -> list[str]:
    """A line for each halted partition, with the command that lets it go on, if it takes one."""
    lines = []
    for one in partitions:
        if one.halt is not None:
            name = f"{one.topic} {one.partition}"
            way_on = f"decide with: ./run partitions resolve {name}" if WAYS_ON[HaltKind(one.halt)] else _BY_ITSELF
            lines.append(spoken(f"halted: {name}: {one.halt_reason}; {way_on}"))
    return lines


def lag_words(lag: int | None) -> str:
    """A lag for people."""
    return "?" if lag is None else str(lag)
