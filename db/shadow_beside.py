"""The latest readings that champion and shadow both scored: core.shadow.Beside from Postgres."""

import numpy as np
from sqlalchemy import Engine, text

from core.machine import Machine
from core.prediction import ModelVersion
from core.recent_alarms import Recent, no_readings
from core.shadow import Beside
from db.failures import failures_named


class PostgresBeside:
    """Reads the ends of the machine's partitions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def latest(self, machine: Machine, version: ModelVersion, count: int) -> Beside:
        """About so many, evenly from all partitions. Raises Unavailable."""
        arguments = {**version._asdict(), "count": count, "threshold": machine.threshold}
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_LATEST), arguments).all()
        if not rows:
            return Beside(no_readings(machine), *np.empty((3, 0)))
        devices, times = np.array([(row.device, row.micros) for row in rows], dtype=np.int64).T
        scores = np.array([(row.score, row.threshold, row.shadow) for row in rows], dtype=np.float64).T
        width = len(machine.sensors)
        readings = Recent(devices, times, np.empty((len(rows), width)), np.zeros(len(rows), dtype=np.int16))
        return Beside(readings, *scores)


_LATEST = """
    WITH ends AS (
        SELECT p.topic, p.kafka_partition, p.next_offset, CAST(:count AS bigint) / count(*) OVER () AS share,
               m.id AS machine
          FROM ingest_partition p JOIN topic t ON t.id = p.topic AND t.retired_at IS NULL
          JOIN machine m ON m.id = t.machine WHERE m.name = :machine)
    SELECT r.device, CAST(extract(epoch FROM r.time) * 1000000 AS bigint) AS micros, r.score,
           coalesce(CAST(:threshold AS float8), v.threshold) AS threshold, w.score AS shadow
      FROM ends e
      JOIN shadow_score w ON w.topic = e.topic AND w.kafka_partition = e.kafka_partition
       AND w.kafka_offset >= e.next_offset - e.share AND w.model_version = :number
      JOIN reading r ON r.topic = w.topic AND r.kafka_partition = w.kafka_partition AND r.kafka_offset = w.kafka_offset
      JOIN model_version v ON v.machine = e.machine AND v.number = r.model_version
     WHERE r.quality = 0 ORDER BY r.topic, r.kafka_partition, r.kafka_offset"""
