"""How the whole installation is doing: what the database holds, measured against what Kafka holds."""

from collections.abc import Iterable

import msgspec

from app.settings import Settings
from app.wiring import kafka
from consumer.lag import log_ends
from core.machine import Machine
from db.status import MachineStatus, PostgresStatus


def overview(settings: Settings, machines: Iterable[Machine], database: PostgresStatus) -> dict[str, MachineStatus]:
    """Every machine by name, with its lag. Raises Unavailable."""
    topics = {topic: machine.name for machine in machines for topic in machine.topics}
    ends, next_offsets = log_ends(kafka(settings), topics), database.next_offsets()
    lag = dict.fromkeys(topics.values(), 0)
    for partition, (low, high) in ends.items():
        lag[topics[partition.topic]] += high - next_offsets.get(partition, low)
    stored = database.machines()
    return {name: msgspec.structs.replace(stored.get(name, MachineStatus()), lag=lag[name]) for name in sorted(lag)}
