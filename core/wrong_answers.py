"""People err too: what the gate may put down to wrong answers."""

import math

from core.comparison import PERCENT

WRONG_ANSWERS = 0.05
"""Share of answers that are taken to be wrong, for people err too. Assumed, as the benchmarks do; nobody knows it."""
_CHANCE = 1 - PERCENT / 100


def explained_by_wrong_answers(lost: int, refuted: int) -> bool:
    """Whether so many confirmed faults may be lost because they are false alarms that somebody confirmed.

    With so many refuted alerts, about WRONG_ANSWERS / (1 - WRONG_ANSWERS) of that number were confirmed by mistake;
    the losses are explained where a Poisson variable of that mean reaches them more often than chance has it.
    """
    mean = refuted * WRONG_ANSWERS / (1 - WRONG_ANSWERS)
    fewer = sum(math.exp(-mean) * mean**count / math.factorial(count) for count in range(lost))
    return 1 - fewer > _CHANCE
