"""Labelled readings for training: core.training.TrainingLabels on Postgres."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import Engine, Row, text

from core.batch import Floats
from core.held_back import is_held_back
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
        groups = (list(group) for _, group in groupby(rows, lambda row: row.id))
        return [_incident(group, len(machine.sensors)) for group in groups]


def _incident(readings: Sequence[Row[Any]], width: int) -> LabelledIncident:
    """One label with its readings."""
    first = readings[0]
    return LabelledIncident(
        label=first.id,
        alert=first.alert,
        verdict=Verdict(first.verdict),
        sensors=_sensors([row.sensors for row in readings], width),
        asked=first.pool is not None,
        held_back=first.pool == "audit" or is_held_back(first.device_name, first.day, first.place),
        settled=first.settled,
        weight=first.weight,
        audit=first.pool == "audit",
        said=first.created_at,
        held=first.held,
        defect=first.defect,
        value=first.value,
        named=np.array([row.opened in (None, row._mapping["class"]) for row in readings], dtype=np.bool_),
    )


def _sensors(rows: Sequence[Sequence[float]], width: int) -> Floats:
    """Shape (readings, width); sensors that the machine had not yet are absent."""
    sensors = np.full((len(rows), width), np.nan)
    for row, values in zip(sensors, rows, strict=True):
        row[: len(values)] = values
    return sensors


# Readings with a quality flag were not scored: they say nothing about the machine. A report and an answer may speak of
# the same reading: the later one counts, or one that is not held. The place of a trouble is that of its first label,
# also after a correction.
_EFFECTIVE = """
    WITH numbered AS (
        SELECT l.id, l.incident, l.question, row_number() OVER (ORDER BY l.id) - 1 AS place
          FROM label l JOIN machine m ON m.id = l.machine WHERE m.name = :machine),
    placed AS (
        SELECT id, min(place) OVER (PARTITION BY incident, question,
                                                 CASE WHEN num_nulls(incident, question) = 2 THEN id END) AS place
          FROM numbered),
    newest AS (
        SELECT DISTINCT ON (r.topic, r.kafka_partition, r.kafka_offset)
               l.id, l.alert, l.verdict, l.operator, l.question, l.incident, l.settles, l.created_at,
               h.label IS NOT NULL AS held,
               r.topic, r.kafka_partition, r.kafka_offset, r.device, r.time, r.sensors, l.defect, l.value, r.class,
               (SELECT o.class FROM labelled_reading o JOIN incident i ON i.id = l.incident
                 WHERE o.label = l.id AND o.kafka_offset = i.opened_offset) AS opened
          FROM teaching_label l JOIN machine m ON m.id = l.machine JOIN labelled_reading r ON r.label = l.id
          LEFT JOIN held_label h ON h.label = l.id
         WHERE m.name = :machine AND r.quality = 0
         ORDER BY r.topic, r.kafka_partition, r.kafka_offset, held, l.id DESC)
    SELECT n.id, n.alert, n.verdict, n.created_at, n.sensors, n.held, n.defect, n.value, n.class, n.opened,
           q.pool, coalesce(q.weight, 1) AS weight, p.place,
           n.settles OR n.incident IS NULL AND o.role = 'engineer' AS settled,
           d.name AS device_name, CAST(min(n.time) OVER (PARTITION BY n.id) AT TIME ZONE 'UTC' AS date) AS day
      FROM newest n JOIN placed p USING (id) JOIN operator o ON o.id = n.operator JOIN device d ON d.id = n.device
      LEFT JOIN question q ON q.id = n.question
     ORDER BY n.id, n.topic, n.kafka_partition, n.kafka_offset"""
