"""Which sensors the flags of a batch speak of."""

from collections.abc import Mapping, Sequence

import numpy as np

from consumer.past import Look
from core.batch import Batch, Integers, Quality
from core.machine import Machine
from core.ports.stream import TopicPartition
from core.quality_check import QualityCheck
from core.sensor_fault import DOUBTFUL, NO_DOUBTS, Doubts


def doubts_of(batch: Batch, looks: Mapping[TopicPartition, Look], machine: Machine) -> Doubts:
    """The doubts in a batch with all its flags; `looks`: what its partitions' pasts said of it."""
    flagged = np.flatnonzero(batch.quality & DOUBTFUL)
    if not len(flagged):
        return NO_DOUBTS
    check, sensors = QualityCheck(machine), batch.sensors[flagged]
    found = _stuck(batch, looks)
    for flag, which in (
        (Quality.SENSOR_MISSING, check.missing(sensors)),
        (Quality.OUT_OF_RANGE, check.outside(sensors)),
    ):
        rows, columns = np.nonzero(which)
        found.append((flagged[rows], columns, flag))
    return _in_order(found)


def _stuck(batch: Batch, looks: Mapping[TopicPartition, Look]) -> list[tuple[Integers, Integers, Quality]]:
    return [
        (rows + run.rows.start, np.full(len(rows), sensor), Quality.STUCK)
        for run in batch.runs
        for sensor, rows in looks[TopicPartition(batch.topic, run.partition)].stuck.found
    ]


def _in_order(found: Sequence[tuple[Integers, Integers, Quality]]) -> Doubts:
    rows = np.concatenate([rows for rows, *_ in found])
    order = np.argsort(rows, kind="stable")
    sensors = np.concatenate([sensors for _, sensors, _ in found])
    why = np.concatenate([np.full(len(rows), flag, dtype=np.int16) for rows, _, flag in found])
    return Doubts(rows[order], sensors[order], why[order])
