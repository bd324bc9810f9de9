"""A machine's latest readings, for the gate: core.recent_alarms.RecentReadings on Postgres."""

import numpy as np
from sqlalchemy import Engine, text

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
