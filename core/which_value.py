"""How near models come to measured values, and two of them on the same rows and on what people measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from core.batch import Floats
from core.comparison import DRAWS, PERCENT, Interval, Measure
from core.history import History
from core.training import LabelledIncident

Predict = Callable[[Floats], Floats]
"""The value of each row of shape (n, sensors)."""


class ValueMetrics(Struct, frozen=True):
    """How near predicted values come to measured ones, on the rows of the hold-out that have one."""

    r2: float
    mae: float
    """Mean absolute error, in the value's unit."""
    mse: float
    """Mean squared error, in the square of it."""
    rows: int


@dataclass(frozen=True, slots=True)
class ValueComparison:
    """How near both come to measured values."""

    name: str
    mae: Measure
    """Mean absolute error on the hold-out: the lower, the better."""
    rows: int
    measured: int
    """Troubles whose value a person measured."""
    nearer: tuple[str, ...]
    """Of these, those to which the challenger is nearer by more than the champion's mean error."""
    farther: tuple[str, ...]
    """And those from which it is farther by more than that."""

    def loss(self, tolerated: float) -> str:
        """What the challenger does worse; empty: nothing. `tolerated`: so much more error is none, as a share of it."""
        if self.mae.difference.low > tolerated * self.mae.champion:
            return f"it predicts {self.name} worse on the hold-out, beyond chance: {self.errors()}"
        if len(self.farther) > len(self.nearer):
            farther = f"{_counted(self.farther)} ({', '.join(self.farther)})"
            return f"it would come farther from {farther}, and nearer to {len(self.nearer)}"
        return ""

    def gain(self) -> str:
        """What it does better; empty: nothing."""
        if len(self.nearer) > len(self.farther):
            but = f" ({len(self.farther)} the other way)" if self.farther else ""
            return f"it would come nearer to {_counted(self.nearer)}{but}"
        if self.mae.challenger < self.mae.champion:
            return f"{self.name} is predicted better on the hold-out: {self.errors()}"
        return ""

    def errors(self) -> str:
        """Both mean errors, and how sure their difference is."""
        low, high = self.mae.difference
        interval = f"{PERCENT} % interval of the difference {low:+.4g} to {high:+.4g}"
        return f"MAE {self.mae.challenger:.4g} against the champion's {self.mae.champion:.4g} ({interval})"


def compare_values(
    name: str,
    hold_out: History,
    incidents: Sequence[LabelledIncident],
    champion: Predict,
    challenger: Predict,
    seed: int,
) -> ValueComparison | None:
    """By a paired bootstrap of the hold-out's rows that have a value; None where none has."""
    if hold_out.values is None or not (known := ~np.isnan(hold_out.values)).any():
        return None
    sensors, truth = hold_out.sensors[known], hold_out.values[known]
    before, after = (np.abs(predict(sensors) - truth) for predict in (champion, challenger))
    random = np.random.default_rng(seed)
    drawn = [random.integers(len(truth), size=len(truth)) for _ in range(DRAWS)]
    differences = [float((after - before)[rows].mean()) for rows in drawn]
    low, high = np.percentile(differences, [(100 - PERCENT) / 2, (100 + PERCENT) / 2])
    mae = Measure(float(before.mean()), float(after.mean()), Interval(float(low), float(high)))
    measured = [one for one in incidents if one.value is not None and len(one.sensors) and not one.held]
    shifts = [(_name(one), _error(challenger, one) - _error(champion, one)) for one in measured]
    nearer = tuple(name for name, shift in shifts if shift < -mae.champion)
    farther = tuple(name for name, shift in shifts if shift > mae.champion)
    return ValueComparison(name, mae, len(truth), len(measured), nearer, farther)


def _counted(troubles: Sequence[str]) -> str:
    return f"{len(troubles)} measured value{'' if len(troubles) == 1 else 's'}"


def _name(one: LabelledIncident) -> str:
    """As people know it."""
    return f"label {one.label}" if one.alert is None else f"#{one.alert}"


def _error(predict: Predict, one: LabelledIncident) -> float:
    assert one.value is not None, "it was measured"
    return float(np.abs(predict(one.sensors) - one.value).mean())
