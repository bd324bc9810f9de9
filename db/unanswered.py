"""Alerts that nobody has answered, with where in Kafka their incident opened."""

from typing import Literal, NamedTuple

from sqlalchemy import Engine, text

from core.batch import Position
from db.failures import failures_named


class Unanswered(NamedTuple):
    """An alert without a label."""

    alert: int
    opened: Position
    kind: Literal["fault", "sensor", "silent"] = "fault"


class PostgresUnanswered:
    """Finds alerts that wait for an answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest_alert(self) -> int:
        """The newest alert's number; 0 where there is none. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            return int(connection.execute(text("SELECT coalesce(max(id), 0) FROM alert")).scalar_one())

    def after(self, alert: int) -> list[Unanswered]:
        """Alerts newer than this one, oldest first. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_AFTER), {"alert": alert}).all()
        return [
            Unanswered(row.id, Position(row.topic, row.kafka_partition, row.opened_offset), row.kind) for row in rows
        ]


_AFTER = """
    SELECT a.id, t.name AS topic, i.kafka_partition, i.opened_offset, i.kind
      FROM alert a JOIN incident i ON i.id = a.incident JOIN topic t ON t.id = i.topic AND t.retired_at IS NULL
     WHERE a.id > :alert AND NOT EXISTS (SELECT FROM effective_label l WHERE l.incident = i.id) ORDER BY a.id"""
