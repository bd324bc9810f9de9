"""Devices and their latest readings: core.shown_devices.Devices on Postgres.

Readings have no index by device: it would cost a quarter of what comes in. What is asked for is found among the newest
readings of each partition, in windows that grow up to a limit.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, text

from core.shown_devices import Course, ShownDevice, Trouble
from db.failures import failures_named

_WINDOW = 20_000
"""So many of a partition's newest offsets are looked through for the latest reading of each device …"""
_WINDOWS = (_WINDOW, 4 * _WINDOW, 16 * _WINDOW)
"""… and so many for the course of one."""
_SCORES = 30
"""A device's line in the list goes back so many readings."""


class PostgresShownDevices:
    """Reads what the consumer stored."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def latest(self, operator: int, search: str, count: int, skip: int = 0) -> Sequence[ShownDevice]:
        """At most `count` whose name holds `search`: those in trouble first, then by score, the highest first."""
        with failures_named(), self._engine.connect() as connection:
            return latest_devices(connection, operator, search, count, skip)

    def machines_of(self, operator: int, device: str) -> Sequence[str]:
        """The machines that have a device of this name."""
        with failures_named(), self._engine.connect() as connection:
            return machines_of(connection, operator, device)

    def course(self, machine: str, device: str, count: int) -> Course:
        """Its latest readings, at most `count`; fewer where they lie too far back to be looked for."""
        with failures_named(), self._engine.connect() as connection:
            return course_of(connection, machine, device, count)

    def troubles(self, machine: str, device: str, count: int) -> Sequence[Trouble]:
        """Its newest incidents, newest first."""
        with failures_named(), self._engine.connect() as connection:
            return troubles_of(connection, machine, device, count)


def latest_devices(
    connection: Connection, operator: int, search: str, count: int, skip: int = 0
) -> Sequence[ShownDevice]:
    """See core.shown_devices.Devices.latest."""
    limits = {"count": count, "skip": skip, "window": _WINDOW, "scores": _SCORES}
    rows = connection.execute(text(_LATEST), {"operator": operator, "search": search, **limits}).mappings().all()
    return [
        msgspec.convert({**row, "scores": [_number(score) for score in row["scores"] or ()]}, ShownDevice)
        for row in rows
    ]


def machines_of(connection: Connection, operator: int, device: str) -> Sequence[str]:
    """See core.shown_devices.Devices.machines_of."""
    return connection.execute(text(_MACHINES), {"operator": operator, "device": device}).scalars().all()


def course_of(connection: Connection, machine: str, device: str, count: int) -> Course:
    """See core.shown_devices.Devices.course."""
    known = connection.execute(text(_DEVICE), {"machine": machine, "device": device}).one_or_none()
    if known is None:
        return Course((), (), ())
    return as_course(known.sensors, _newest(connection, known.machine, known.device, count))


def troubles_of(connection: Connection, machine: str, device: str, count: int) -> Sequence[Trouble]:
    """See core.shown_devices.Devices.troubles."""
    arguments = {"machine": machine, "device": device, "count": count}
    rows = connection.execute(text(_TROUBLES), arguments).mappings().all()
    return [msgspec.convert(dict(row), Trouble) for row in rows]


def _newest(connection: Connection, machine: int, device: int, count: int) -> Sequence[Row[Any]]:
    """The device's newest readings, newest first; the next window is opened where one holds too few."""
    rows: Sequence[Row[Any]] = ()
    for window in _WINDOWS:
        arguments = {"machine": machine, "device": device, "count": count, "window": window}
        rows = connection.execute(text(_COURSE), arguments).all()
        if len(rows) == count:
            break
    return rows


def as_course(sensors: Sequence[str], newest_first: Sequence[Row[Any]]) -> Course:
    """Rows of (time, score, sensors) as columns, oldest first."""
    rows = newest_first[::-1]
    columns = [
        (name, [_number(row.sensors[place]) if place < len(row.sensors) else None for row in rows])
        for place, name in enumerate(sensors)
    ]
    return Course([row.time for row in rows], [_number(row.score) for row in rows], columns)


def _number(value: float) -> float | None:
    return None if value != value else value  # NaN alone differs from itself


_LATEST = """
    WITH followed AS (SELECT m.id, m.name FROM machine m
                       WHERE EXISTS (SELECT FROM subscription s
                                      WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))),
         newest AS (SELECT r.device, r.time, r.score,
                           row_number() OVER (PARTITION BY r.device ORDER BY r.time DESC, r.kafka_offset DESC) AS place
                      FROM ingest_partition p JOIN topic t ON t.id = p.topic AND t.retired_at IS NULL
                      JOIN followed f ON f.id = t.machine
                      JOIN reading r ON r.topic = p.topic AND r.kafka_partition = p.kafka_partition
                                    AND r.kafka_offset >= p.next_offset - :window),
         latest AS (SELECT device, max(time) AS time, max(score) FILTER (WHERE place = 1) AS score,
                           array_agg(score ORDER BY place DESC) AS scores
                      FROM newest WHERE place <= :scores GROUP BY device)
    SELECT f.name AS machine, d.name AS device, l.time, nullif(l.score, 'NaN') AS score, l.scores,
           EXISTS (SELECT FROM incident i WHERE i.device = d.id AND i.closed_offset IS NULL) AS in_trouble
      FROM device d JOIN followed f ON f.id = d.machine LEFT JOIN latest l ON l.device = d.id
     WHERE position(lower(:search) IN lower(d.name)) > 0
     ORDER BY in_trouble DESC, score DESC NULLS LAST, machine, device LIMIT :count OFFSET :skip"""
_MACHINES = """
    SELECT m.name FROM machine m JOIN device d ON d.machine = m.id
     WHERE d.name = :device AND EXISTS (SELECT FROM subscription s
                                         WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))
     ORDER BY m.name"""
_DEVICE = """
    SELECT m.id AS machine, d.id AS device, m.sensors FROM device d JOIN machine m ON m.id = d.machine
     WHERE m.name = :machine AND d.name = :device"""
_COURSE = """
    SELECT r.time, r.score, r.sensors
      FROM ingest_partition p
      JOIN topic t ON t.id = p.topic AND (t.retired_at IS NULL OR t.imported) AND t.machine = :machine
      JOIN reading r ON r.topic = p.topic AND r.kafka_partition = p.kafka_partition
                    AND r.kafka_offset >= p.next_offset - :window
     WHERE r.device = :device ORDER BY r.time DESC, r.kafka_offset DESC LIMIT :count"""
_TROUBLES = """
    SELECT a.id AS alert, i.since_time AS since, i.closed_time AS until
      FROM incident i JOIN device d ON d.id = i.device JOIN machine m ON m.id = d.machine
      LEFT JOIN alert a ON a.incident = i.id
     WHERE m.name = :machine AND d.name = :device ORDER BY i.id DESC LIMIT :count"""
