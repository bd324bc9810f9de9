"""Labelled readings for training: core.training.TrainingLabels on Postgres."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from sqlalchemy import Engine, text

from core.batch import Floats
from core.label import Verdict
from core.machine import Machine
from core.training import LabelledIncident
from db.failures import failures_named


class PostgresTrainingLabels:
    """What people said: of each incident the latest label, and each report."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def effective(self, machine: Machine) -> Sequence[LabelledIncident]:
        """The labels that count, oldest first, with the readings that no later one judges. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_EFFECTIVE), {"machine": machine.name}).all()
        width = len(machine.sensors)
        return [
            LabelledIncident(label, alert, Verdict(verdict), _sensors([row.sensors for row in group], width), asked)
            for (label, alert, verdict, asked), group in groupby(
                rows, lambda row: (row.id, row.alert, row.verdict, row.asked)
            )
        ]


def _sensors(rows: Sequence[Sequence[float]], width: int) -> Floats:
    """Shape (readings, width); sensors that the machine had not yet are absent."""
    sensors = np.full((len(rows), width), np.nan)
    for row, values in zip(sensors, rows, strict=True):
        row[: len(values)] = values
    return sensors


# Readings with a quality flag were not scored: they say nothing about the machine. A report and an answer may speak of
# the same reading: the later one counts.
_EFFECTIVE = """
    SELECT id, alert, verdict, asked, sensors
      FROM (SELECT DISTINCT ON (r.topic, r.kafka_partition, r.kafka_offset)
                   l.id, l.alert, l.verdict, l.question IS NOT NULL AS asked, r.*
              FROM effective_label l JOIN machine m ON m.id = l.machine JOIN labelled_reading r ON r.label = l.id
             WHERE m.name = :machine AND r.quality = 0
             ORDER BY r.topic, r.kafka_partition, r.kafka_offset, l.id DESC) AS newest
     ORDER BY id, topic, kafka_partition, kafka_offset"""
