"""How the whole installation is doing: what the database holds, measured against what Kafka holds."""

from collections.abc import Iterable, Mapping

import msgspec

from app.settings import Settings
from app.wiring import database, kafka
from consumer.lag import LogEnds
from core.machine import Machine
from db.status import MachineStatus, PostgresStatus


class Overview:
    """Looks at every machine, again and again."""

    def __init__(self, settings: Settings, machines: Iterable[Machine]) -> None:
        self._topics = {topic: machine.name for machine in machines for topic in machine.topics}
        self._ends = LogEnds(kafka(settings))
        # The read-only role, of which every process's login in containers is a member.
        self._database = PostgresStatus(database(settings, "grafana"))

    def look(self) -> Mapping[str, MachineStatus]:
        """The status of each machine by name, with its lag. Raises Unavailable."""
        ends, next_offsets = self._ends.of(self._topics), self._database.next_offsets()
        lag = dict.fromkeys(self._topics.values(), 0)
        for partition, (low, high) in ends.items():
            lag[self._topics[partition.topic]] += high - next_offsets.get(partition, low)
        stored = self._database.machines()
        return {name: msgspec.structs.replace(stored.get(name, MachineStatus()), lag=lag[name]) for name in sorted(lag)}
