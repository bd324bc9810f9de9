"""Readings that somebody sends to be scored: what is said of each, as the stream would say it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.batch import Floats, Quality
from core.machine import Machine
from core.ports.models import Model
from core.prediction import Predictions
from core.quality_check import QualityCheck


@dataclass(frozen=True, slots=True)
class AnsweredRows:
    """Predictions of rows, by the model that made them all."""

    model: Model
    sensors: Floats
    predictions: Predictions
    """NaN where a row was not scored."""
    problems: Sequence[Sequence[str]]
    """Of each row, why it was not."""


def doubts(machine: Machine, sensors: Floats) -> list[list[str]]:
    """Of each row of shape (n, sensors), why the stream would not score it; empty: it would."""
    check = QualityCheck(machine)
    found: list[list[str]] = [[] for _ in range(len(sensors))]
    flagged = np.flatnonzero(check.flags(sensors) != Quality.GOOD)
    missing, outside = check.missing(sensors[flagged]), check.outside(sensors[flagged])
    for place, row in enumerate(flagged.tolist()):
        for column, sensor in enumerate(machine.sensors):
            if missing[place, column]:
                found[row].append(f"{sensor.name} is missing")
            elif outside[place, column]:
                low, high = f"{sensor.minimum:g}", f"{sensor.maximum:g} {sensor.unit}".rstrip()
                found[row].append(f"{sensor.name} is outside {low} to {high}")
    return found
