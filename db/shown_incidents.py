"""Incidents of a machine: core.shown_incidents.Incidents on Postgres. The index by (machine, id) serves each page."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Engine, text

from core.shown_incidents import ShownIncident
from db.failures import failures_named
from db.followed import followed_machine


class PostgresIncidents:
    """Reads what the consumer stored."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(
        self, operator: int, machine: str, count: int, before: int | None = None, *, still_open: bool = False
    ) -> Sequence[ShownIncident] | None:
        """See core.shown_incidents.Incidents."""
        with failures_named(), self._engine.connect() as connection:
            found = followed_machine(connection, operator, machine)
            if found is None:
                return None
            page = {"machine": found.id, "count": count, "before": before, "still_open": still_open}
            rows = connection.execute(text(_NEWEST), page).mappings().all()
        return [msgspec.convert(dict(row), ShownIncident) for row in rows]


_NEWEST = """
    SELECT i.id AS incident, d.name AS device, i.kind, i.since_time AS since, i.closed_time AS until, i.severity,
           i.peak AS probability, i.faults, i.model_version, a.id AS alert
      FROM incident i JOIN device d ON d.id = i.device LEFT JOIN alert a ON a.incident = i.id
     WHERE i.machine = :machine AND (CAST(:before AS bigint) IS NULL OR i.id < :before)
       AND (NOT :still_open OR i.closed_offset IS NULL)
     ORDER BY i.id DESC LIMIT :count"""
