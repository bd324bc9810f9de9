"""What a one-class model learns from: the base data's normal rows, and readings that people called normal."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.batch import Floats
from core.history import History
from core.label import Verdict
from core.training import LabelledIncident
from model.training_set import around, base_rows, teaching

MOST_ROWS = 5_000
"""Of the base data: a one-class SVM takes time with their square."""
_ECHOES = 2
"""Made-up neighbours of each refuted reading: a verdict speaks of a kind of reading."""
_MORE = 1.05
"""So much more than all that may lie outside is what none of it can be."""


class NormalRows(NamedTuple):
    """Rows to fit."""

    sensors: Floats
    """Shape (n, sensors)."""
    weights: Floats
    """Shape (n,)."""
    outside: float
    """Share of all weight that may lie outside."""
    refuted: float
    """What each refuted reading weighs."""


def normal_rows(base: History, incidents: Sequence[LabelledIncident], outside: float, seed: int) -> NormalRows:
    """None of them is a fault, and no base row that a person called one is among them.

    A refuted reading, and each of its neighbours, weighs more than all that may lie outside: it cannot be left there.
    As many other rows may lie there as without it. A normal reading that a question found weighs one, as base rows do.
    """
    random = np.random.default_rng(seed)
    kept = base_rows(base, incidents)
    normal = kept.sensors[~kept.fault]
    if len(normal) > MOST_ROWS:
        normal = normal[np.sort(random.choice(len(normal), MOST_ROWS, replace=False))]
    calm = [one for one in teaching(incidents) if one.verdict is Verdict.FALSE_ALARM]
    plain = np.vstack([normal, *(one.sensors for one in calm if one.asked)])
    refuted = np.vstack([normal[:0], *(one.sensors for one in calm if not one.asked)])
    refuted = np.vstack([refuted, around(np.repeat(refuted, _ECHOES, axis=0), base, random)])
    weight = max(_MORE * outside * len(plain), 1.0)
    weights = np.append(np.ones(len(plain)), np.full(len(refuted), weight))
    return NormalRows(np.vstack([plain, refuted]), weights, outside * len(plain) / float(weights.sum()), weight)
