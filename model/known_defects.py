"""Faults of which it is known which defect they are."""

from typing import NamedTuple

import numpy as np

from core.batch import Floats, Integers
from core.history import History


class KnownDefects(NamedTuple):
    """Rows of a history, in its order."""

    sensors: Floats
    """Shape (n, sensors)."""
    truth: Integers
    """Numbers from 1 on, shape (n,)."""


def known_defects(history: History) -> KnownDefects | None:
    """None of a machine with one kind of fault."""
    if history.classes is None:
        return None
    known = history.classes > 0
    return KnownDefects(history.sensors[known], history.classes[known].astype(np.int64))
