"""A predicted or measured value: whether it lies beyond its limits, and how people read it."""

from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from core.batch import MOST, Bools, Floats
from core.numbers import number
from core.sensor import Name


class Target(Struct, frozen=True, forbid_unknown_fields=True):
    """The number that task `regression` predicts, and the limits beyond which it is a fault."""

    name: Name
    low: Annotated[float, Meta(ge=-MOST, le=MOST)] | None = None
    """What lies below it is a fault; absent: nothing is too low."""
    high: Annotated[float, Meta(ge=-MOST, le=MOST)] | None = None
    """What lies above it is a fault; absent: nothing is too high."""
    unit: str = ""
    title: str = ""
    """Empty: the name."""
    column: str = ""
    """Of a training file, that holds the measured value; empty: the name."""
    simulated: str = ""
    """How the simulator's readings come to their value: over sensors, also engineered, as core.expression reads it."""
    noise: Annotated[float, Meta(ge=0, le=MOST)] = 0.0
    """Standard deviation of what chance adds to a simulated value."""


def outside(target: Target, values: Floats) -> Bools:
    """Which values lie beyond a limit, shape (n,); on the limit is inside, and so is NaN."""
    low = -np.inf if target.low is None else target.low
    high = np.inf if target.high is None else target.high
    beyond: Bools = (values < low) | (values > high)
    return beyond


class PredictedValue(Struct, frozen=True):
    """What a model predicted of a reading, with all that people need to judge it."""

    value: float
    name: str
    unit: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def nearer_to_low(self) -> bool:
        """Whether it lies nearer to the low limit than to the high one, or farther past it."""
        if self.low is None or self.high is None:
            return self.high is None
        return self.value - self.low < self.high - self.value

    def words(self) -> str:
        """Such as `Permeability 23.4 g/m²·day, limit 20`."""
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name} {number(self.value)}{unit}, {limits_in_words(self.low, self.high)}"


def limits_in_words(low: float | None, high: float | None) -> str:
    """Such as `limit 20`."""
    match low, high:
        case None, high if high is not None:
            return f"limit {number(high)}"
        case low, None if low is not None:
            return f"at least {number(low)}"
        case low, high if low is not None and high is not None:
            return f"limits {number(low)} to {number(high)}"
        case _:
            return "no limit"


def predicted(target: Target, value: float) -> PredictedValue:
    """The value with the target's words and limits."""
    return PredictedValue(value, target.title or target.name, target.unit, target.low, target.high)
