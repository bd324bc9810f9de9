"""The sensor tail: readings in which a sensor lies where reviewed normal readings did not."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.batch import Floats

_FARTHEST = 2.0
"""Half-widths; one sensor that reads nonsense must not hide all others."""


class Tail(NamedTuple):
    """Of each reading the sensor and the direction in which it lies farthest out."""

    scores: Floats
    sensors: npt.NDArray[np.int64]
    """Places in the machine's order."""
    above: npt.NDArray[np.bool_]
    """Whether it reads high; else low."""


def tail_of(sensors: Floats, normal: Floats, promise: Floats) -> Tail:
    """The tail of readings of shape (n, sensors), against reviewed normal ones of shape (m, sensors).

    `promise`, shape (sensors, 2): how worthwhile it is to ask about each sensor's high and low readings. A distance of
    one reaches from the median to the 1st or 99th percentile; absent sensors have none, nor
    those that no normal reading had.
    """
    unknown = np.isnan(normal).all(axis=0)
    low, middle, high = np.nanquantile(np.where(unknown, 0.0, normal), [0.01, 0.5, 0.99], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.stack([(sensors - middle) / (high - middle), (middle - sensors) / (middle - low)], axis=2)
    out[:, unknown] = 0.0
    distances = np.clip(np.nan_to_num(out, nan=0.0, posinf=_FARTHEST, neginf=0.0), 0.0, _FARTHEST)
    weighed = (distances * promise).reshape(len(sensors), -1)
    farthest = weighed.argmax(axis=1)
    return Tail(weighed[np.arange(len(sensors)), farthest], farthest // 2, farthest % 2 == 0)


def promise_of(faults: Floats, normals: Floats, seed: int) -> Floats:
    """Shape (sensors, 2): drawn from what was found there so far, so that what found nothing is asked less often.

    The share of faults is Beta(0.3 + faults, 1 + normals) of the answers to questions of each sensor and direction.
    """
    promised: Floats = np.random.default_rng(seed).beta(0.3 + faults, 1.0 + normals)
    return promised
