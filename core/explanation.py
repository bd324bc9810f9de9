"""Why a model says what it says of a reading: which sensors pushed its prediction."""

from enum import StrEnum
from typing import NamedTuple

from core.batch import Floats


class Scale(StrEnum):
    """What a margin counts in: a model's own answer, before calibration made a probability of it."""

    LOG_ODDS = "log-odds"
    """Any number; 0 stands for as likely as not."""
    SHARE = "share"
    """Of the votes of a forest's trees: 0 to 1."""


class Contributions(NamedTuple):
    """Margins of n rows taken apart: `base` and all pushes of a row add up to its margin."""

    scale: Scale
    base: float
    """What the model says while it knows nothing of the reading."""
    pushes: Floats
    """Shape (n, sensors) in the machine's order; above 0: towards a fault."""
