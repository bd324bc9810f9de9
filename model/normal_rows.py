"""What a one-class model learns from: the base data's normal rows, and readings that people called normal."""

from collections.abc import Sequence

import numpy as np

from core.batch import Floats
from core.history import History
from core.label import Verdict
from core.training import LabelledIncident
from model.training_set import TrainingSet, around, base_rows, teaching

MOST_ROWS = 5_000
"""Of the base data: a one-class SVM takes time with their square."""
_ECHOES = 2
"""Made-up neighbours of each refuted reading: a verdict speaks of a kind of reading."""
_CROWD = 0.5
"""Where refuted readings would take more than this share of what may lie outside, they share the place."""


def normal_rows(base: History, incidents: Sequence[LabelledIncident], outside: float, seed: int) -> TrainingSet:
    """Rows to fit; none of them is a fault, and no base row that a person called one is among them.

    A refuted reading, and each of its neighbours, weighs more than all that may lie `outside`, so that it cannot be
    left there; a normal reading that a question found weighs one.
    """
    normal = base_rows(base, incidents)
    normal = normal.rows(~normal.fault)
    random = np.random.default_rng(seed)
    if len(normal.fault) > MOST_ROWS:
        drawn = np.zeros(len(normal.fault), dtype=np.bool_)
        drawn[random.choice(len(normal.fault), MOST_ROWS, replace=False)] = True
        normal = normal.rows(drawn)
    calm = [one for one in teaching(incidents) if one.verdict is Verdict.FALSE_ALARM]
    asked = _stacked([one.sensors for one in calm if one.asked], base)
    refuted = _stacked([one.sensors for one in calm if not one.asked], base)
    refuted = np.vstack([refuted, around(np.repeat(refuted, _ECHOES, axis=0), base, random)])
    weights = np.append(np.ones(len(asked)), _weights(len(refuted), len(normal.fault) + len(asked), outside))
    said = np.vstack([asked, refuted])
    none, all_of_them = np.zeros(len(said), dtype=np.bool_), np.ones(len(said), dtype=np.bool_)
    unmeasured = np.full(len(said), np.nan)
    verdicts = TrainingSet(said, none, weights, all_of_them, np.zeros(len(said), dtype=np.int64), unmeasured)
    return TrainingSet(*(np.concatenate(columns) for columns in zip(normal, verdicts, strict=True)))


def _stacked(sensors: Sequence[Floats], base: History) -> Floats:
    return np.vstack([np.empty((0, base.sensors.shape[1])), *sensors])


def _weights(refuted: int, others: int, outside: float) -> Floats:
    """Each such that w > outside · (others + refuted · w), as long as there are few enough of them."""
    return np.full(refuted, 1.05 * outside * others / (1 - min(outside * refuted * 1.05, _CROWD)))
