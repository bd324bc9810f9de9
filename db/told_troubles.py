"""The troubles that people know of: incidents of faults and reports, with the labels that count."""

from collections.abc import Sequence

from sqlalchemy import Engine, text

from core.label import Verdict
from core.machine import Machine
from core.rescored import LogPart, Told
from db.failures import failures_named


class PostgresToldTroubles:
    """Reads them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, machine: Machine) -> Sequence[Told]:
        """All of the machine, in the order in which they began. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_TOLD), {"machine": machine.name}).all()
        return [
            Told(
                LogPart(row.topic, row.kafka_partition),
                row.device,
                row.name,
                row.first,
                row.last,
                row.at,
                row.incident,
                row.alert,
                row.label,
                None if row.verdict is None else Verdict(row.verdict),
                row.by or "",
            )
            for row in rows
        ]


# A report speaks of readings of its own; several partitions of one device are several troubles.
_TOLD = """
    SELECT i.topic, i.kafka_partition, i.device, d.name, i.since_offset AS first, i.last_offset AS last,
           i.opened_time AS at, i.id AS incident, a.id AS alert, l.id AS label, l.verdict, o.name AS by
      FROM incident i JOIN machine m ON m.id = i.machine JOIN device d ON d.id = i.device
      LEFT JOIN alert a ON a.incident = i.id LEFT JOIN effective_label l ON l.incident = i.id
      LEFT JOIN operator o ON o.id = l.operator
     WHERE m.name = :machine AND i.kind = 'fault'
    UNION ALL
    SELECT r.topic, r.kafka_partition, l.device, d.name, min(r.kafka_offset), max(r.kafka_offset), min(r.time), NULL,
           NULL, l.id, l.verdict, o.name
      FROM effective_label l JOIN machine m ON m.id = l.machine JOIN labelled_reading r ON r.label = l.id
      JOIN device d ON d.id = l.device JOIN operator o ON o.id = l.operator
     WHERE m.name = :machine AND l.source = 'report'
     GROUP BY r.topic, r.kafka_partition, l.device, d.name, l.id, l.verdict, o.name
     ORDER BY at, incident, label"""
