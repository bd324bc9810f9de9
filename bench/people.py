"""People as the learning bench has them: they answer some of what they are told or asked, and err now and then."""

from dataclasses import dataclass

import numpy as np

from core.label import Verdict

_WRONG = {
    Verdict.FAULT: Verdict.FALSE_ALARM,
    Verdict.FALSE_ALARM: Verdict.FAULT,
    Verdict.SENSOR_FAULT: Verdict.FAULT,
}


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares, 0 to 1."""

    answered: float = 0.8
    """Of alerts and questions."""
    wrong: float = 0.05
    """Of these answers."""
    reported: float = 0.5
    """Of the faults that no alert told of."""


class People:
    """Draws who answers what; the same seed gives the same course."""

    def __init__(self, habits: Habits, random: np.random.Generator) -> None:
        self._habits = habits
        self._random = random

    def answer(self, truth: Verdict) -> Verdict | None:
        """What is said where this is true; None: nothing."""
        if self._random.random() >= self._habits.answered:
            return None
        return _WRONG[truth] if self._random.random() < self._habits.wrong else truth

    def report(self) -> bool:
        """Whether somebody reports a missed fault."""
        return bool(self._random.random() < self._habits.reported)
