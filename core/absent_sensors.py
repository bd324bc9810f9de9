"""Sensors that the base data of a challenger lacks and that of the champion has."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.batch import Floats

_MOSTLY = 0.5


class Absent(NamedTuple):
    """A sensor, and the shares of rows that lack it."""

    sensor: str
    champion: float
    challenger: float


def newly_absent(sensors: Sequence[str], champion: Floats, challenger: Floats) -> Sequence[Absent]:
    """Which sensors the challenger's base rows lack by half of all rows more than the champion's; shapes (n, sensors).

    A model that was trained without a sensor may do as well on the same rows, where others tell the same: until the
    day on which only that one tells.
    """
    shares = (np.isnan(rows).mean(axis=0).tolist() for rows in (champion, challenger))
    compared = [Absent(*one) for one in zip(sensors, *shares, strict=True)]
    return [one for one in compared if one.challenger - one.champion > _MOSTLY]
