"""The alarm threshold that a machine's file asks for: by what a missed fault costs, or a budget of alarms."""

from collections.abc import Iterator
from typing import Annotated, NamedTuple

import numpy as np
from msgspec import Meta, Struct

from core.batch import Bools, Floats


class ThresholdPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the two, or none: then the threshold has the highest F1."""

    missed_fault_costs: Annotated[float, Meta(gt=0, lt=1e6)] | None = None
    """A missed faulty reading costs as much as this many false ones."""
    alarms_per_device_day: Annotated[float, Meta(gt=0, lt=1e6)] | None = None
    """A healthy device raises at most so many alarms a day."""

    def problems(self, fixed: float | None) -> Iterator[tuple[str, str]]:
        """What the types cannot say: pairs of the key and what is wrong with it. `fixed`: the machine's threshold."""
        if self.missed_fault_costs is not None and self.alarms_per_device_day is not None:
            yield "alarms_per_device_day", "missed_fault_costs says where the threshold lies already: name one of them"
        if fixed is not None and (self.missed_fault_costs is not None or self.alarms_per_device_day is not None):
            key = "missed_fault_costs" if self.missed_fault_costs is not None else "alarms_per_device_day"
            yield key, "threshold fixes the threshold already: name one of them"


class Weighed(NamedTuple):
    """Rows to tune on, each of shape (n,), with both kinds among them; alarmed from the threshold on."""

    truth: Bools
    scores: Floats
    """Within 0 and 1."""
    weights: Floats
    """Above 0."""


def cheapest(rows: Weighed, missed_fault_costs: float) -> float:
    """The threshold of the lowest cost; of equally cheap ones the nearest to 1 / (1 + costs).

    There it lies where the probabilities are calibrated (Elkan 2001, "The Foundations of Cost-Sensitive Learning").
    """
    below, at, missed, false = _steps(rows)
    cost = missed_fault_costs * missed + false
    cheap = np.flatnonzero(cost <= cost.min() * (1 + 1e-9))
    target = 1 / (1 + missed_fault_costs)
    below, at = below[cheap], at[cheap]
    if ((below < target) & (target <= at)).any():
        return target
    middles = _between(below, at)
    return float(middles[np.argmin(np.abs(middles - target))])


def within(rows: Weighed, false_share: float) -> float:
    """The lowest threshold at which at most this share of the normal rows is alarmed.

    Where even the highest is too low for that, because a normal row scores 1, it is 1.
    """
    below, at, _, false = _steps(rows)
    allowed = false_share * float(rows.weights[~rows.truth].sum())
    good = np.flatnonzero(false <= allowed * (1 + 1e-9))
    return float(_between(below, at)[good[0]]) if len(good) else 1.0


def allowed_share(alarms_per_device_day: float, readings_per_device_day: float, open_after: int) -> float:
    """The share of normal readings that may be alarmed: an alarm takes at least `open_after` of them."""
    return min(1.0, alarms_per_device_day * open_after / readings_per_device_day)


def _between(below: Floats, at: Floats) -> Floats:
    """Their middles, so that neither side hangs on a last bit; `at` where there is no number between them."""
    middles = (below + at) / 2
    return np.where(middles > below, middles, at)


def _steps(rows: Weighed) -> tuple[Floats, Floats, Floats, Floats]:
    """Thresholds in (below, at] alarm for the same rows; of each such step the weight of missed and of false ones."""
    order = np.argsort(rows.scores, kind="stable")
    scores, faulty = rows.scores[order], np.where(rows.truth[order], rows.weights[order], 0.0)
    normal = rows.weights[order] - faulty
    at, first = np.unique(scores, return_index=True)
    missed = np.append(0.0, np.cumsum(faulty))[first]
    false = float(normal.sum()) - np.append(0.0, np.cumsum(normal))[first]
    if at[-1] < 1:  # and above all of them nothing alarms
        at, missed = np.append(at, 1.0), np.append(missed, faulty.sum())
        false = np.append(false, 0.0)
    below = np.append(0.0, at[:-1])
    above_zero = at > 0
    return below[above_zero], at[above_zero], missed[above_zero], false[above_zero]
