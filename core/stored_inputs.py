"""Stored readings as models go by them: what came to the machine later is absent, engineered sensors are computed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.batch import Floats
from core.engineered import engineered
from core.machine import Machine


class StoredInputs(NamedTuple):
    """A machine's sensors, and behind them its engineered ones."""

    sensors: tuple[str, ...]
    engineered: tuple[str, ...]
    expressions: tuple[str, ...]

    @classmethod
    def of(cls, stored: Sequence[str], machine: Machine | None) -> "StoredInputs":
        """Of the sensors that the database knows, and the machine's file; None: this process has none of it."""
        if machine is None:
            return cls(tuple(stored), (), ())
        # Sensors are only ever added at the end, so the longer list begins with the other one.
        sensors = max(tuple(stored), machine.sensor_names, key=len)
        return cls(sensors, tuple(sensor.name for sensor in machine.engineered), machine.expressions)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return (*self.sensors, *self.engineered)

    def columns(self, rows: Sequence[Sequence[float]]) -> Floats:
        """Shape (readings, names), NaN for absent, of readings as they were stored."""
        width = len(self.sensors)
        sensors = np.array([[*row, *[np.nan] * (width - len(row))] for row in rows], dtype=np.float64)
        sensors = sensors.reshape(len(rows), width)
        return np.hstack([sensors, engineered(self.expressions, self.sensors, sensors)])
