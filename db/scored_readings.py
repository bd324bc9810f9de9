"""Stored readings with what a model said of them: those of alerts, and any other by its id or its place."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, text

from core.batch import Position, Quality
from core.dead_letter import written
from core.errors import UserError
from core.explanation import ScoredReading
from core.meant_reading import Meant, OfAlert, OfIncident
from core.prediction import ModelVersion
from core.severity import Severity
from db.failures import failures_named

_Key = Mapping[Any, Any]
"""The names of a place in the statements, and of the incident that it opened."""


class FoundReading(NamedTuple):
    """A scored reading, where it stands, and the trouble that it belongs to."""

    reading: ScoredReading
    position: Position
    id: UUID | None
    """None: it is kept by a label alone, which copies no id."""
    incident: int | None
    alert: int | None


class PostgresScoredReadings:
    """Finds readings, also among those that labels kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, meant: Meant) -> FoundReading:
        """The reading that is meant. Raises UserError where there is none or none was scored, Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            keys, absent = _keys(connection, meant)
            for key in keys:
                if (row := connection.execute(text(_AT), key).one_or_none()) is not None:
                    return _found(row)
        raise UserError(absent)


def _found(row: Row[Any]) -> FoundReading:
    position = Position(row.topic, row.kafka_partition, row.kafka_offset)
    if row.quality != Quality.GOOD:
        why = str(Quality(row.quality).name).lower().replace("_", " ").replace("|", ", ")
        raise UserError(f"the reading at {written(position)} was not scored ({why}): no model had a part in it")
    version = ModelVersion(row.machine, row.model_version)
    severity = None if row.severity is None else Severity(row.severity)
    reading = ScoredReading(version, row.device, row.time, tuple(row.sensors), row.score, severity)
    return FoundReading(reading, position, row.id, row.incident, row.alert)


def _keys(connection: Connection, meant: Meant) -> tuple[Sequence[_Key], str]:
    """Where it may stand, and the words for that it does not stand there."""
    match meant:
        case OfAlert() | OfIncident():
            return _of_trouble(connection, meant)
        case Position():
            return _of_position(connection, meant)
        case UUID():
            return _of_id(connection, meant)


def _of_trouble(connection: Connection, meant: OfAlert | OfIncident) -> tuple[Sequence[_Key], str]:
    what, which = ("alert", "a.id") if isinstance(meant, OfAlert) else ("incident", "i.id")
    row = connection.execute(text(_OPENED.format(which=which)), {"number": meant.number}).one_or_none()
    if row is None:
        raise UserError(f"there is no {what} #{meant.number}: an alert's number is in its message")
    if row.kind != "fault":
        told = "a silence" if row.kind == "silent" else "a sensor that cannot be right"
        raise UserError(f"{what} #{meant.number} tells of {told}: no model had a part in it")
    words = f"the reading of {what} #{meant.number} was dropped as too old; only those of answered alerts stay"
    return [row._mapping], words  # SQLAlchemy's own name for a row as a mapping


def _of_position(connection: Connection, meant: Position) -> tuple[Sequence[_Key], str]:
    rows = connection.execute(text(_PLACES), meant._asdict()).all()
    if not rows:
        raise UserError(f"no topic named {meant.topic} was ever read: ./run partitions shows those that were")
    if any(row.dead for row in rows):
        raise UserError(f"{written(meant)} became a dead letter: ./run dead-letters show {written(meant)}")
    if not any(row.read for row in rows):
        raise UserError(f"{written(meant)} was not read yet: ./run partitions shows how far consumers are")
    keys = [{"topic": row.id, "partition": meant.partition, "offset": meant.offset, "incident": None} for row in rows]
    return (
        keys,
        f"no reading is stored of {written(meant)}: it was dropped as too old, or is a duplicate or a gap",
    )


def _of_id(connection: Connection, meant: UUID) -> tuple[Sequence[_Key], str]:
    """No index holds ids, because it would cost ingest a fifth: a day at a time is searched, the likeliest first."""
    made = datetime.fromtimestamp((meant.int >> 80) / 1000, UTC).date() if meant.version == 7 else date.max
    days = connection.execute(text(_DAYS), {"made": made}).scalars().all()
    for day in days:
        row = connection.execute(text(_WITH_ID), {"id": str(meant), "day": day}).one_or_none()
        if row is not None:
            return [row._mapping], ""  # as above
    kept = f"readings are kept since {min(days)}" if days else "no reading is stored"
    raise UserError(f"no stored reading has the id {meant}: it never came, or was dropped as too old ({kept})")


_OPENED = """
    SELECT i.kind, i.topic, i.kafka_partition AS partition, i.opened_offset AS "offset", i.id AS incident
      FROM incident i LEFT JOIN alert a ON a.incident = i.id WHERE {which} = :number"""
# A topic that was made anew has an older row of its name.
_PLACES = """
    SELECT t.id, coalesce(p.next_offset > :offset, false) AS read,
           EXISTS (SELECT FROM dead_letter l WHERE l.topic = t.id AND l.kafka_partition = :partition
                      AND l.kafka_offset = :offset) AS dead
      FROM topic t LEFT JOIN ingest_partition p ON p.topic = t.id AND p.kafka_partition = :partition
     WHERE t.name = :topic ORDER BY t.id DESC"""
_DAYS = """
    SELECT day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
           LATERAL (SELECT CAST(substr(c.relname, 9) AS date) AS day) d
     WHERE i.inhparent = to_regclass('reading') ORDER BY abs(day - CAST(:made AS date))"""
_WITH_ID = """
    SELECT topic, kafka_partition AS partition, kafka_offset AS "offset", NULL AS incident
      FROM reading WHERE day = :day AND id = CAST(:id AS uuid) LIMIT 1"""
# Labels keep copies of the readings that they judge, and outlive their retention.
_AT = """
    SELECT m.name AS machine, d.name AS device, t.name AS topic, r.kafka_partition, r.kafka_offset, r.id, r.time,
           r.sensors, r.quality, r.score, r.model_version, i.id AS incident, i.severity, a.id AS alert
      FROM (SELECT topic, kafka_partition, kafka_offset, id, device, time, sensors, quality, score, model_version
              FROM reading
             WHERE topic = :topic AND kafka_partition = :partition AND kafka_offset = :offset
            UNION ALL
            SELECT topic, kafka_partition, kafka_offset, NULL, device, time, sensors, quality, score, model_version
              FROM labelled_reading
             WHERE topic = :topic AND kafka_partition = :partition AND kafka_offset = :offset
               AND (CAST(:incident AS bigint) IS NULL
                    OR label IN (SELECT id FROM label WHERE incident = CAST(:incident AS bigint)))
             LIMIT 1) r
      JOIN topic t ON t.id = r.topic JOIN machine m ON m.id = t.machine JOIN device d ON d.id = r.device
      LEFT JOIN incident i ON i.topic = r.topic AND i.kafka_partition = r.kafka_partition AND i.device = r.device
                          AND i.kind = 'fault' AND r.kafka_offset BETWEEN i.since_offset AND i.last_offset
      LEFT JOIN alert a ON a.incident = i.id
     LIMIT 1"""
