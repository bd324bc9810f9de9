"""A machine's latest readings, for the gate and for drift: core.recent_alarms.RecentReadings on Postgres."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Engine, Row, text

from core.machine import Machine
from core.recent_alarms import Recent, no_readings
from db.failures import failures_named


class PostgresRecentReadings:
    """Reads the ends of the machine's partitions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def latest(self, machine: Machine, count: int) -> Recent:
        """About so many, evenly from all partitions; none where nothing was read yet. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_LATEST), {"machine": machine.name, "count": count}).all()
        return _columns(machine, rows)

    def spread(self, machine: Machine, count: int) -> Recent:
        """About so many, at even steps from those stored today and yesterday (UTC). Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_SPREAD), {"machine": machine.name, "count": count}).all()
        return _columns(machine, rows)


def _columns(machine: Machine, rows: Sequence[Row[Any]]) -> Recent:
    if not rows:
        return no_readings(machine)
    width = len(machine.sensors)
    sensors = np.full((len(rows), width), np.nan)
    for row, found in zip(sensors, rows, strict=True):
        row[: len(found.sensors)] = found.sensors
    devices, times, quality = np.array([(row.device, row.micros, row.quality) for row in rows], dtype=np.int64).T
    return Recent(devices, times, sensors, quality.astype(np.int16))


_LATEST = """
    WITH ends AS (
        SELECT p.topic, p.kafka_partition, p.next_offset,
               CAST(:count AS bigint) / count(*) OVER () AS share
          FROM ingest_partition p JOIN topic t ON t.id = p.topic AND t.retired_at IS NULL
          JOIN machine m ON m.id = t.machine WHERE m.name = :machine)
    SELECT r.device, CAST(extract(epoch FROM r.time) * 1000000 AS bigint) AS micros, r.sensors, r.quality
      FROM ends e JOIN reading r ON r.topic = e.topic AND r.kafka_partition = e.kafka_partition
       AND r.kafka_offset >= e.next_offset - e.share
     ORDER BY r.topic, r.kafka_partition, r.kafka_offset"""
# Each step is a look into the key's index: how many readings a day has does not matter.
_SPREAD = """
    WITH days AS (SELECT CAST(now() AT TIME ZONE 'UTC' AS date) - 1 AS first),
    ends AS (
        SELECT p.topic, p.kafka_partition, p.next_offset, days.first AS day,
               (SELECT min(r.kafka_offset) FROM reading r
                 WHERE r.topic = p.topic AND r.kafka_partition = p.kafka_partition AND r.day >= days.first) AS low
          FROM days, ingest_partition p JOIN topic t ON t.id = p.topic AND t.retired_at IS NULL
          JOIN machine m ON m.id = t.machine WHERE m.name = :machine),
    steps AS (
        SELECT e.topic, e.kafka_partition, e.day, generate_series(
                   e.low, e.next_offset - 1,
                   greatest(1, (e.next_offset - e.low) * count(*) OVER () / CAST(:count AS bigint))) AS kafka_offset
          FROM ends e WHERE e.low IS NOT NULL)
    SELECT r.device, CAST(extract(epoch FROM r.time) * 1000000 AS bigint) AS micros, r.sensors, r.quality
      FROM steps s JOIN reading r USING (topic, kafka_partition, kafka_offset)
     WHERE r.day >= s.day ORDER BY r.topic, r.kafka_partition, r.kafka_offset"""
