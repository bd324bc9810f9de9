"""Healthy readings: each device's own level, correlated noise, slow wander and a daily rhythm."""

import numpy as np

from core.batch import Floats, Integers
from producer.traits import Physics, Traits
from producer.wander import Wander

_DAY = 86_400_000_000


class HealthyReadings:
    """An endless course of healthy readings, in widths of the usual range off its middle."""

    def __init__(self, traits: Traits, physics: Physics, ticks: int, random: np.random.Generator) -> None:
        """`ticks`: how many each `next` gives."""
        self._traits = traits
        self._physics = physics
        self._shape = (ticks, *traits.level.shape)
        self._random = random
        self._wander = Wander(traits.level.size, ticks, random)

    def next(self, times: Integers) -> Floats:
        """Readings of the next ticks, shape (ticks, devices, sensors); `times`: µs since 1970 UTC, one a tick."""
        traits = self._traits
        noise = self._random.normal(size=self._shape) @ self._physics.mixing.T
        wander = self._wander.advance().reshape(self._shape)
        angle = 2 * np.pi * (times % _DAY / _DAY)[:, np.newaxis] - self._physics.phase
        rhythm = np.cos(angle)[:, np.newaxis, :]
        readings: Floats = traits.level + traits.noise * noise + traits.wander * wander + traits.daily * rhythm
        return readings
