"""A machine's stored readings in the log's order, a page of columns at a time."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from sqlalchemy import Engine, text

from core.batch import Bools, Flags, Floats, Integers
from core.machine import Machine
from core.rescored import LogPart
from db.failures import failures_named
from db.recent import PADDED, sensors_of


class Page(NamedTuple):
    """Readings of one partition, shape (n,) a column."""

    offsets: Integers
    devices: Integers
    times: Integers
    """Microseconds since 1970 UTC."""
    sensors: Floats
    """Shape (n, sensors); those that were added since are absent in older readings."""
    quality: Flags
    scores: Floats
    versions: Integers
    """Of the models that gave the scores."""

    def of(self, kept: Bools) -> "Page":
        """These rows alone, shape (n,)."""
        return Page(
            self.offsets[kept],
            self.devices[kept],
            self.times[kept],
            self.sensors[kept],
            self.quality[kept],
            self.scores[kept],
            self.versions[kept],
        )


class LogEnd(NamedTuple):
    """A partition, and how far consumers have stored it."""

    part: LogPart
    topic: str
    """Its name."""
    next_offset: int


class PostgresStoredLog:
    """Reads what consumers stored; each page is a statement of its own, so that nothing waits for a long read."""

    def __init__(self, engine: Engine, machine: Machine) -> None:
        self._engine = engine
        self._machine = machine

    def ends(self) -> Sequence[LogEnd]:
        """Every partition that was ever read, those of topics that were made anew as well. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_ENDS), {"machine": self._machine.name}).all()
        return [LogEnd(LogPart(row.id, row.kafka_partition), row.name, row.next_offset) for row in rows]

    def pages(self, end: LogEnd, stored_since: date, count: int) -> Iterator[Page]:
        """The partition's readings up to that end, of those stored on this day (UTC) or later. Raises Unavailable."""
        first, width = 0, len(self._machine.sensors)
        key = {"topic": end.part.topic, "partition": end.part.partition, "day": stored_since, "width": width}
        while True:
            arguments = {**key, "first": first, "end": end.next_offset, "count": count}
            with failures_named(), self._engine.connect() as connection:
                row = connection.execute(text(_PAGE), arguments).one()
            offsets = np.frombuffer(row.offsets, ">i8").astype(np.int64)
            if not len(offsets):
                return
            yield Page(
                offsets,
                np.frombuffer(row.devices, ">i4").astype(np.int64),
                np.frombuffer(row.times, ">i8").astype(np.int64),
                sensors_of(row.sensors, width),
                np.frombuffer(row.quality, ">i2").astype(np.int16),
                np.frombuffer(row.scores, ">f8").astype(np.float64),
                np.frombuffer(row.versions, ">i4").astype(np.int64),
            )
            first = int(offsets[-1]) + 1

    def device_names(self, devices: Sequence[int]) -> dict[int, str]:
        """The names of these devices. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_NAMES), {"devices": list(devices)}).all()
        return {row.id: row.name for row in rows}


_ENDS = """
    SELECT t.id, t.name, p.kafka_partition, p.next_offset FROM ingest_partition p JOIN topic t ON t.id = p.topic
      JOIN machine m ON m.id = t.machine WHERE m.name = :machine ORDER BY t.id, p.kafka_partition"""
_NAMES = "SELECT id, name FROM device WHERE id = ANY(CAST(:devices AS integer[]))"
# An aggregate over a sorted subquery takes its rows in that order.
_PAGE = f"""
    SELECT coalesce(string_agg(int8send(kafka_offset), ''), '') AS offsets,
           coalesce(string_agg(int4send(device), ''), '') AS devices,
           coalesce(string_agg(int8send(CAST(extract(epoch FROM time) * 1000000 AS bigint)), ''), '') AS times,
           coalesce(string_agg({PADDED}, ''), '') AS sensors,
           coalesce(string_agg(int2send(quality), ''), '') AS quality,
           coalesce(string_agg(float8send(score), ''), '') AS scores,
           coalesce(string_agg(int4send(model_version), ''), '') AS versions
      FROM (SELECT kafka_offset, device, time, sensors, quality, score, model_version FROM reading
             WHERE topic = :topic AND kafka_partition = :partition AND day >= :day
               AND kafka_offset >= :first AND kafka_offset < :end
             ORDER BY kafka_offset LIMIT :count) AS page"""  # noqa: S608  # ours
