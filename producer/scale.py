"""From widths of the usual range to a sensor's unit."""

import numpy as np

from core.batch import Floats
from core.machine import Machine

_STEPS = 2000
"""A sensor resolves its usual range in at least so many steps, of a power of ten."""


class Scale:
    """Gives readings as real sensors do: in steps, within what is possible, a text as its number."""

    def __init__(self, machine: Machine, devices: int, random: np.random.Generator) -> None:
        low, high = np.array([sensor.usual for sensor in machine.sensors]).T
        self._middle = (low + high) / 2
        self._width = high - low
        self._minimum = np.array([sensor.minimum for sensor in machine.sensors])
        self._maximum = np.array([sensor.maximum for sensor in machine.sensors])
        steps = 10.0 ** np.maximum(np.ceil(np.log10(_STEPS / self._width)), 0)
        is_bit = np.array([sensor.bit is not None for sensor in machine.sensors])
        self._steps_per_unit = np.where(is_bit, 1.0, steps)
        # A sensor that files write as text says of which kind a device is, and that stays.
        self._kinds = np.full((devices, len(machine.sensors)), np.nan)
        for sensor, numbers in machine.csv.values.items():
            kinds = random.choice(sorted(numbers.values()), devices)
            self._kinds[:, machine.sensor_names.index(sensor)] = kinds

    def readings(self, widths: Floats) -> Floats:
        """Readings in the sensors' units from widths off the middle, shape (ticks, devices, sensors) both."""
        units = self._middle + widths * self._width
        stepped = np.round(units * self._steps_per_unit) / self._steps_per_unit
        possible = np.clip(stepped, self._minimum, self._maximum)
        return np.where(np.isnan(self._kinds), possible, self._kinds)
