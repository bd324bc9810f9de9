"""Faults made up around the edges of the usual ranges, for machines that cannot report their own death."""

import math

import numpy as np

from core.history import History
from core.machine import Machine
from core.sensor import Sensor

SHARE = 0.05
"""Made-up faults per healthy row."""
_BEYOND = (0.05, 0.75)
"""How far beyond the edge, in widths of the usual range."""


def made_up_faults(history: History, machine: Machine, random: np.random.Generator) -> History:
    """The history and, after it, healthy rows of its own of which one or two sensors were moved past an edge."""
    healthy = np.flatnonzero(~history.fault)
    if not len(healthy):
        return history
    chosen = random.choice(healthy, math.ceil(SHARE * len(healthy)))
    moved = history.sensors[chosen]
    for row in moved:
        for index in random.choice(
            len(machine.sensors), min(int(random.integers(1, 3)), len(machine.sensors)), replace=False
        ):
            row[index] = _beyond_an_edge(machine.sensors[index], random)
    return History(
        np.vstack([history.sensors, moved]),
        np.append(history.fault, np.ones(len(chosen), dtype=np.bool_)),
        [*history.devices, *(history.devices[row] for row in chosen)],
        np.append(history.times, history.times[chosen]),
        # Nobody knows which defect a fault is that was made up.
        None if history.classes is None else np.append(history.classes, np.full(len(chosen), -1, dtype=np.int16)),
        None if history.values is None else np.append(history.values, np.full(len(chosen), np.nan)),
    )


def _beyond_an_edge(sensor: Sensor, random: np.random.Generator) -> float:
    """A value past one edge of the usual range, on a side where the sensor can read on."""
    low, high = sensor.usual
    distance = random.uniform(*_BEYOND) * (high - low)
    sides = [value for value in (low - distance, high + distance) if sensor.minimum <= value <= sensor.maximum]
    return float(random.choice(sides)) if sides else float(np.clip(high + distance, sensor.minimum, sensor.maximum))
