"""Slow wander: each healthy value drifts about and comes back (an AR(1) process)."""

import numpy as np

from core.batch import Floats

_MEMORY = 0.98
"""Correlation of two consecutive readings: a drift is half forgotten after 34."""


class Wander:
    """Independent AR(1) processes of variance 1, many ticks at a time."""

    def __init__(self, processes: int, ticks: int, random: np.random.Generator) -> None:
        """`ticks`: how many each `advance` gives."""
        step = np.arange(ticks)
        age = step[:, np.newaxis] - step
        # The recursion written out: a tick is the sum of all shocks up to it, each faded by its age.
        self._faded = np.where(age >= 0, _MEMORY ** np.maximum(age, 0), 0.0) * np.sqrt(1 - _MEMORY**2)
        self._carried = _MEMORY ** (step + 1.0)[:, np.newaxis]
        self._random = random
        self._state = random.normal(size=processes)

    def advance(self) -> Floats:
        """The next ticks, shape (ticks, processes)."""
        shocks = self._random.normal(size=(len(self._faded), len(self._state)))
        values: Floats = self._faded @ shocks + self._carried * self._state
        self._state = values[-1]
        return values
