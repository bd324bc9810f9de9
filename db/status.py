"""How each machine is doing: the counts of the tables."""

import msgspec
from msgspec import Struct
from sqlalchemy import Engine, text

from db.failures import failures_named


class MachineStatus(Struct, kw_only=True):
    """What is stored of one machine."""

    champion: int | None = None
    readings: int = 0
    faults: int = 0
    incidents: int = 0
    open_incidents: int = 0
    alerts: int = 0
    labels: int = 0
    dead_letters: int = 0
    duplicates: int = 0
    gaps: int = 0
    lag: int | None = 0
    """Readings in Kafka that are not stored yet; None where nobody knows; filled in by whoever can ask Kafka."""


class PostgresStatus:
    """Reads what the other processes wrote."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def machines(self) -> dict[str, MachineStatus]:
        """The status of every machine that was ever trained or consumed. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_MACHINES)).mappings().all()
        return {row["name"]: msgspec.convert(dict(row), MachineStatus) for row in rows}


_MACHINES = """
    SELECT m.name, c.number AS champion,
           coalesce(i.stored, 0) AS readings, coalesce(i.faults, 0) AS faults,
           coalesce(i.dead_letters, 0) AS dead_letters, coalesce(i.duplicates, 0) AS duplicates,
           coalesce(i.gaps, 0) AS gaps,
           (SELECT count(*) FROM incident WHERE machine = m.id) AS incidents,
           (SELECT count(*) FROM incident WHERE machine = m.id AND closed_offset IS NULL) AS open_incidents,
           (SELECT count(*) FROM alert a JOIN incident n ON n.id = a.incident WHERE n.machine = m.id) AS alerts,
           (SELECT count(*) FROM label l WHERE l.machine = m.id
               AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)) AS labels
      FROM machine m
      LEFT JOIN champion c ON c.machine = m.id
      LEFT JOIN (SELECT t.machine, sum(p.stored)::bigint AS stored, sum(p.faults)::bigint AS faults,
                        sum(p.dead_letters)::bigint AS dead_letters, sum(p.duplicates)::bigint AS duplicates,
                        sum(p.gaps)::bigint AS gaps
                   FROM ingest_partition p JOIN topic t ON t.id = p.topic GROUP BY t.machine) i ON i.machine = m.id
     ORDER BY m.name"""
