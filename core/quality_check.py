"""What is doubtful about the sensors of a reading."""

import numpy as np

from core.batch import Bools, Flags, Floats, Quality
from core.machine import Machine


class QualityCheck:
    """Flags readings whose sensors cannot be right; they are stored but not scored."""

    def __init__(self, machine: Machine) -> None:
        self._required = np.array([not sensor.optional for sensor in machine.sensors])
        self._minimum = np.array([sensor.minimum for sensor in machine.sensors])
        self._words = [
            (machine.sensor_names.index(name), np.array(list(numbers.values())))
            for name, numbers in (machine.csv.values.items() if machine.target else ())
        ]
        """Of a regression, whose models know these and no others."""
        self._maximum = np.array([sensor.maximum for sensor in machine.sensors])

    def flags(self, sensors: Floats) -> Flags:
        """Quality flags, shape (n,), of readings of shape (n, sensors)."""
        flags = np.zeros(len(sensors), dtype=np.int16)
        flags[self.missing(sensors).any(axis=1)] |= Quality.SENSOR_MISSING
        flags[self.outside(sensors).any(axis=1)] |= Quality.OUT_OF_RANGE
        return flags

    def missing(self, sensors: Floats) -> Bools:
        """Which required sensors are absent, shape (n, sensors)."""
        absent: Bools = np.isnan(sensors) & self._required
        return absent

    def outside(self, sensors: Floats) -> Bools:
        """Which sensors read what they cannot, shape (n, sensors)."""
        beyond: Bools = (sensors < self._minimum) | (sensors > self._maximum)  # NaN is neither
        for column, known in self._words:
            beyond[:, column] |= ~np.isin(sensors[:, column], known) & ~np.isnan(sensors[:, column])
        return beyond
