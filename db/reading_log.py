"""A machine's stored readings, filtered, window by window: core.kept_readings.ReadingLog on Postgres.

The key serves it: (topic, partition, offset) is where a page begins, the day prunes partitions of the table. Readings
have no index by device or time, which would cost ingest a quarter: what is filtered out is looked through, and a window
is so small that one statement is short. No transaction is held between two of them: nobody waits for a reader, and a
reader who goes away leaves nothing running.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, timedelta
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Engine, Row, text

from core.batch import Quality
from core.kept_readings import BEGINNING, KeptMachine, KeptReadings, LogPlace, Wanted, Window
from db.failures import failures_named
from db.followed import followed_machine
from db.recent import PADDED, sensors_of

_WINDOW = 20_000
"""Offsets that one statement looks through …"""
_NUMBERS = 1_000_000
"""… and fewer where their sensors would be more numbers."""
_CLOCKS_APART = timedelta(days=1)
"""A reading is stored on the day of its time or later, but for a clock that is ahead: then it is flagged."""


class _Part(NamedTuple):
    """A partition up to where consumers have stored it."""

    topic: int
    name: str
    partition: int
    end: int


class PostgresReadingLog:
    """Reads what consumers stored."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def machine(self, operator: int, name: str) -> KeptMachine | None:
        """See core.kept_readings.ReadingLog."""
        with failures_named(), self._engine.connect() as connection:
            row = followed_machine(connection, operator, name)
        if row is None:
            return None
        return KeptMachine(row.id, tuple(row.sensors), tuple(row.classes), row.task == "regression")

    def windows(self, wanted: Wanted, start: LogPlace = BEGINNING, most: int | None = None) -> Iterator[Window]:
        """See core.kept_readings.ReadingLog."""
        names: dict[int, str] = {}
        with failures_named(), self._engine.connect() as connection:
            devices = _devices(connection, wanted)
            parts = connection.execute(text(_PARTS), {"machine": wanted.machine.number, **start._asdict()}).all()
        filters = {**_filters(wanted), "device": devices}
        left = most
        for part in (_Part(*row) for row in parts if devices != []):
            here = (part.topic, part.partition) == start[:2]
            first = start.offset if here else 0
            while first < part.end:
                with failures_named(), self._engine.connect() as connection:
                    found = _window(connection, wanted.machine, part, {**filters, "first": first, "left": left}, names)
                if found is None:
                    break
                yield found
                first = found.next.offset
                if left is not None:
                    left -= len(found.readings.offsets)
                    if not left:
                        return


def _devices(connection: Connection, wanted: Wanted) -> list[int] | None:
    """The number of the device; None: whichever, empty: there is none of this name."""
    if wanted.device is None:
        return None
    arguments = {"machine": wanted.machine.number, "device": wanted.device}
    return list(connection.execute(text(_DEVICE), arguments).scalars().all())


def _filters(wanted: Wanted) -> dict[str, object]:
    quality = wanted.quality
    return {
        "machine": wanted.machine.number,
        "width": len(wanted.machine.sensors),
        "day": _stored_since(wanted),
        "since": wanted.since,
        "until": wanted.until,
        "faults": wanted.faults,
        "version": wanted.version,
        "good": quality == Quality.GOOD,
        "flags": int(quality) if quality else None,
        "threshold": wanted.threshold,
    }


def _stored_since(wanted: Wanted) -> date:
    """The first day whose readings are looked at. What is of the future was stored on any day."""
    if wanted.since is None or (wanted.quality or Quality.GOOD) & Quality.FUTURE:
        return date.min
    return (wanted.since.astimezone(UTC) - _CLOCKS_APART).date()


def _window(
    connection: Connection, machine: KeptMachine, part: _Part, arguments: dict[str, Any], names: dict[int, str]
) -> Window | None:
    """The next one of the partition; None: nothing is left of it. New device names are added to `names`."""
    key = {**arguments, "topic": part.topic, "partition": part.partition}
    first = connection.execute(text(_FIRST), key).scalar_one()
    if first is None or first >= part.end:
        return None
    width = len(machine.sensors)
    end = min(part.end, first + max(1, min(_WINDOW, _NUMBERS // width)))
    statement = _VALUED if machine.tells_value else _PLAIN
    row = connection.execute(text(statement), {**key, "first": first, "end": end}).one()
    numbers = np.frombuffer(row.devices, ">i4").tolist()
    if unknown := [number for number in set(numbers) if number not in names]:
        rows = connection.execute(text(_NAMES), {"devices": unknown}).all()
        names.update({one.id: one.name for one in rows})
    readings = _columns(row, part, width, [names[number] for number in numbers])
    if len(readings.offsets) == arguments["left"]:
        end = int(readings.offsets[-1]) + 1
    return Window(readings, LogPlace(part.topic, part.partition, end))


def _columns(row: Row[Any], part: _Part, width: int, devices: Sequence[str]) -> KeptReadings:
    return KeptReadings(
        part.name,
        part.partition,
        np.frombuffer(row.offsets, ">i8").astype(np.int64),
        np.frombuffer(row.ids, "V16"),
        devices,
        np.frombuffer(row.times, ">i8").astype(np.int64),
        sensors_of(row.sensors, width),
        np.frombuffer(row.quality, ">i2").astype(np.int16),
        np.frombuffer(row.classes, ">i2").astype(np.int16),
        np.frombuffer(row.scores, ">f8").astype(np.float64),
        np.frombuffer(row.values, ">f8").astype(np.float64),
        np.frombuffer(row.versions, ">i4").astype(np.int64),
        np.frombuffer(row.thresholds, ">f8").astype(np.float64),
    )


_DEVICE = "SELECT id FROM device WHERE machine = :machine AND name = :device"
_NAMES = "SELECT id, name FROM device WHERE id = ANY(CAST(:devices AS integer[]))"
_PARTS = """
    SELECT t.id, t.name, p.kafka_partition, p.next_offset FROM ingest_partition p JOIN topic t ON t.id = p.topic
     WHERE t.machine = :machine AND (t.id, p.kafka_partition) >= (:topic, :partition)
     ORDER BY t.id, p.kafka_partition"""
# Old days are dropped: what is left of a partition begins anywhere. A look into each day's key.
_FIRST = """
    SELECT min(kafka_offset) FROM reading
     WHERE topic = :topic AND kafka_partition = :partition AND day >= :day AND kafka_offset >= :first"""
# An aggregate over a sorted subquery takes its rows in that order. To Postgres NaN is more than every number.
_WINDOWED = """
    SELECT coalesce(string_agg(int8send(kafka_offset), ''), '') AS offsets,
           coalesce(string_agg(uuid_send(id), ''), '') AS ids,
           coalesce(string_agg(int4send(device), ''), '') AS devices,
           coalesce(string_agg(int8send(CAST(extract(epoch FROM time) * 1000000 AS bigint)), ''), '') AS times,
           coalesce(string_agg({padded}, ''), '') AS sensors,
           coalesce(string_agg(int2send(quality), ''), '') AS quality,
           coalesce(string_agg(int2send(class), ''), '') AS classes,
           coalesce(string_agg(float8send(score), ''), '') AS scores,
           coalesce(string_agg(float8send(value), ''), '') AS values,
           coalesce(string_agg(int4send(model_version), ''), '') AS versions,
           coalesce(string_agg(float8send(coalesce(threshold, 'NaN')), ''), '') AS thresholds
      FROM (SELECT r.kafka_offset, r.id, r.device, r.time, r.sensors, r.quality, r.class, r.score, r.model_version,
                   coalesce(CAST(:threshold AS float8), v.threshold) AS threshold,
                   coalesce({value}, 'NaN') AS value
              FROM reading r LEFT JOIN model_version v ON v.machine = :machine AND v.number = r.model_version
              {values}
             WHERE r.topic = :topic AND r.kafka_partition = :partition AND r.day >= :day
               AND r.kafka_offset >= :first AND r.kafka_offset < :end
               AND (CAST(:device AS integer[]) IS NULL OR r.device = ANY(CAST(:device AS integer[])))
               AND (CAST(:since AS timestamptz) IS NULL OR r.time >= :since)
               AND (CAST(:until AS timestamptz) IS NULL OR r.time < :until)
               AND (CAST(:version AS integer) IS NULL OR (r.model_version = :version AND r.score <> 'NaN'))
               AND (NOT :good OR r.quality = 0)
               AND (CAST(:flags AS smallint) IS NULL OR r.quality & CAST(:flags AS smallint) <> 0)
               AND (NOT :faults OR (r.score <> 'NaN'
                                    AND r.score >= coalesce(CAST(:threshold AS float8), v.threshold)))
             ORDER BY r.kafka_offset LIMIT :left) AS page"""
_PLAIN = _WINDOWED.format(padded=PADDED, value="CAST(NULL AS float8)", values="")
_VALUED = _WINDOWED.format(
    padded=PADDED,
    value="w.value",
    values="LEFT JOIN reading_value w USING (topic, kafka_partition, kafka_offset)",
)
