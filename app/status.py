"""How the whole installation is doing: what the database holds, measured against what Kafka holds."""

from collections.abc import Iterable

from app.settings import Settings
from app.wiring import kafka
from consumer.lag import log_ends
from core.machine import Machine
from db.status import MachineStatus, PostgresStatus


class Overview(MachineStatus, kw_only=True):
    """One machine's status with its lag: readings in Kafka that are not stored yet."""

    lag: int


def overview(settings: Settings, machines: Iterable[Machine], database: PostgresStatus) -> dict[str, Overview]:
    """Every machine by name. Raises Unavailable."""
    topics = {topic: machine.name for machine in machines for topic in machine.topics}
    ends, next_offsets = log_ends(kafka(settings), topics), database.next_offsets()
    lag = dict.fromkeys(topics.values(), 0)
    for partition, (low, high) in ends.items():
        lag[topics[partition.topic]] += high - next_offsets.get(partition, low)
    stored = database.machines()
    nothing = MachineStatus(**dict.fromkeys(MachineStatus.__struct_fields__, 0) | {"champion": None})
    return {name: Overview(**_fields(stored.get(name, nothing)), lag=lag[name]) for name in sorted(lag)}


def _fields(status: MachineStatus) -> dict[str, int | None]:
    return {name: getattr(status, name) for name in MachineStatus.__struct_fields__}
