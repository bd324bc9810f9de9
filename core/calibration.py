"""Whether probabilities come true: of the readings that were called 80 % likely faults, four in five should be."""

import numpy as np
from msgspec import Struct

from core.batch import Bools, Floats

_BINS = 5
"""A machine's verdicts of some weeks are too few for more."""


class Bin(Struct, frozen=True):
    """The rows whose probability lies in one fifth of the scale."""

    low: float
    high: float
    rows: float
    said: float
    """Their mean probability."""
    true: float
    """The share of faults among them."""


class Calibration(Struct, frozen=True):
    """Said against true."""

    error: float
    """By how much the probabilities are off, on the average."""
    bins: tuple[Bin, ...]
    """Those that hold rows."""


def calibration(truth: Bools, scores: Floats, weights: Floats) -> Calibration:
    """Of rows of shape (n,) with n > 0, each counting `weights`.

    That people are asked about high probabilities above all does no harm: within a bin those are compared with their
    own truth. Source: the expected calibration error of Naeini, Cooper and Hauskrecht 2015.
    """
    places = np.minimum((scores * _BINS).astype(np.int64), _BINS - 1)
    rows, said, true = (
        np.bincount(places, weights=column, minlength=_BINS) for column in (weights, weights * scores, weights * truth)
    )
    bins = tuple(
        Bin(
            at / _BINS,
            (at + 1) / _BINS,
            float(rows[at]),
            min(1.0, float(said[at] / rows[at])),
            float(true[at] / rows[at]),
        )
        for at in np.flatnonzero(rows).tolist()
    )
    return Calibration(float(np.abs(said - true).sum() / rows.sum()), bins)
