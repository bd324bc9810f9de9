"""When the rows of a replayed file are due, in seconds after the start."""

import math
from collections.abc import Callable

from core.batch import Floats, Integers

Schedule = Callable[[Integers, Floats], Floats]
"""(number of each row, seconds of event time since the first row) → when it is due."""


def at_rate(rate: float) -> Schedule:
    """`rate` readings a second, whatever their event times."""
    return lambda rows, _: rows / rate


def at_speed(speed: float) -> Schedule:
    """As they happened, `speed` times as fast."""
    return lambda _, elapsed: elapsed / speed


flat_out = at_speed(math.inf)
"""All at once."""
