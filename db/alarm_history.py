"""Alerts of some days with what became of them, for core.alarm_quality."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Engine, text

from core.alarm_quality import Alarm
from db.failures import failures_named


class PostgresAlarmHistory:
    """Reads what the consumers raised and what people said."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self) -> datetime:
        """By the database's clock, which stamped the alerts. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            now: datetime = connection.execute(text("SELECT now()")).scalar_one()
        return now

    def raised(
        self, start: datetime, end: datetime, machine: str | None = None, operator: int | None = None
    ) -> Sequence[Alarm]:
        """The alerts raised from `start` to before `end`, and older ones whose incident is open. Raises Unavailable."""
        arguments = {"start": start, "end": end, "machine": machine, "operator": operator}
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_RAISED), arguments).mappings().all()
        return [msgspec.convert(dict(row), Alarm) for row in rows]


_RAISED = """
    SELECT m.name AS machine, d.name AS device, a.created_at AS at, i.closed_time AS until, a.model_version,
           l.created_at AS answered_at, l.verdict,
           ARRAY(SELECT entry ->> 'sensor' FROM jsonb_array_elements(a.standing_out) entry) AS sensors,
           ARRAY(SELECT DISTINCT o.name FROM subscription s
                   JOIN operator o ON o.id = s.operator AND o.removed_at IS NULL
                  WHERE s.machine IS NULL OR s.machine = m.id) AS operators
      FROM alert a JOIN incident i ON i.id = a.incident JOIN machine m ON m.id = i.machine
      JOIN device d ON d.id = i.device LEFT JOIN effective_label l ON l.incident = i.id
     WHERE (a.created_at >= :start OR i.closed_offset IS NULL) AND a.created_at < :end
       AND (CAST(:machine AS text) IS NULL OR m.name = :machine)
       AND (CAST(:operator AS integer) IS NULL OR EXISTS (
            SELECT FROM subscription s WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id)))
     ORDER BY a.id"""
