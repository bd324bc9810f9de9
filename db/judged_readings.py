"""The readings that people judged, each with the verdict that counts."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import Engine, text

from core.batch import Floats
from core.label import Verdict
from core.machine import Machine
from core.rescored import LogPart
from db.failures import failures_named


class JudgedReading(NamedTuple):
    """A reading of good quality, where it stands, and what was said of it."""

    part: LogPart
    offset: int
    device: str
    time: datetime
    sensors: Floats
    """Shape (sensors,); those that were added since are absent."""
    verdict: Verdict
    held: bool
    """It waits for an engineer, and teaches nothing until then."""
    defect: str
    """That the person named of this reading; empty: none, or the model took the reading for another defect than that
    of which the alert told."""
    value: float | None
    """That the person measured; None: nobody did."""


class PostgresJudgedReadings:
    """Reads the copies that labels keep, which outlive their readings' retention."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, machine: Machine) -> Sequence[JudgedReading]:
        """Each reading once, in order of time, with the latest label on it. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_JUDGED), {"machine": machine.name}).all()
        found = []
        for row in rows:
            sensors = np.full(len(machine.sensors), np.nan)
            sensors[: len(row.sensors)] = row.sensors
            found.append(
                JudgedReading(
                    part=LogPart(row.topic, row.kafka_partition),
                    offset=row.kafka_offset,
                    device=row.device,
                    time=row.time,
                    sensors=sensors,
                    verdict=Verdict(row.verdict),
                    held=row.held,
                    defect=row.defect if row.named else "",
                    value=row.value,
                )
            )
        return found


# As the trainer reads them (db/training_labels.py): the later label counts, or one that is not held.
_JUDGED = """
    SELECT * FROM (
        SELECT DISTINCT ON (r.topic, r.kafka_partition, r.kafka_offset)
               r.topic, r.kafka_partition, r.kafka_offset, d.name AS device, r.time, r.sensors, l.verdict, l.defect,
               l.value, h.label IS NOT NULL AS held, o.class IS NULL OR o.class IS NOT DISTINCT FROM r.class AS named
          FROM teaching_label l JOIN machine m ON m.id = l.machine JOIN labelled_reading r ON r.label = l.id
          JOIN device d ON d.id = r.device LEFT JOIN held_label h ON h.label = l.id
          LEFT JOIN incident i ON i.id = l.incident
          LEFT JOIN labelled_reading o ON o.label = l.id AND o.kafka_offset = i.opened_offset
         WHERE m.name = :machine AND r.quality = 0
         ORDER BY r.topic, r.kafka_partition, r.kafka_offset, held, l.id DESC) AS newest
     ORDER BY time, topic, kafka_partition, kafka_offset"""
