"""How the whole installation is doing: what the database holds, measured against what Kafka holds."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from app.program import spoken
from app.settings import Settings
from app.wiring import database, kafka
from consumer.lag import LogEnds, messages_behind
from core.machine import Machine
from db.partitions import PartitionStatus, PostgresPartitions
from db.status import MachineStatus, PostgresStatus


class Overview:
    """Looks at every machine, again and again."""

    def __init__(self, settings: Settings, machines: Iterable[Machine]) -> None:
        self._topics = {topic: machine.name for machine in machines for topic in machine.topics}
        self._ends = LogEnds(kafka(settings))
        # The read-only role, of which every process's login in containers is a member.
        engine = database(settings, "grafana")
        self._database = PostgresStatus(engine)
        self._partitions = PostgresPartitions(engine)

    def look(self) -> Mapping[str, MachineStatus]:
        """The status of each machine by name, with its lag. Raises Unavailable."""
        behind = dict.fromkeys(self._topics.values(), 0)
        for partition in self.partitions():
            if machine := self._topics.get(partition.topic):
                behind[machine] += partition.lag
        stored = self._database.machines()
        return {
            name: msgspec.structs.replace(stored.get(name, MachineStatus()), lag=behind[name])
            for name in sorted(behind)
        }

    def partitions(self) -> Sequence[PartitionStatus]:
        """Every partition that is there or was read, with its lag, by topic and number. Raises Unavailable."""
        ends, stored = self._ends.of(self._topics), self._partitions.all()
        found = []
        for at in sorted({*ends, *stored}):
            one = stored.get(at) or PartitionStatus(topic=at.topic, partition=at.partition)
            behind = messages_behind(one.next_offset, *ends[at]) if at in ends else 0
            found.append(msgspec.structs.replace(one, lag=behind))
        return found


def halted_lines(partitions: Iterable[PartitionStatus]) -> list[str]:
    """A line for each halted partition, with the command that lets it go on."""
    return [
        spoken(f"halted: {name}: {one.halt_reason}; decide with: ./run partitions resolve {name}")
        for one in partitions
        if one.halt is not None and (name := f"{one.topic} {one.partition}")
    ]
