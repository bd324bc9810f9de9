"""How good a model is on rows that it never saw."""

import numpy as np
from msgspec import Struct
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    mean_absolute_error,
    mean_squared_error,
    precision_recall_curve,
    r2_score,
    roc_auc_score,
)

from core.batch import Bools, Floats, Integers
from core.which_defect import DefectMetrics, macro_f1
from core.which_value import ValueMetrics

TOLERANCE = 0.01
"""Share of the highest F1 that a threshold may cost."""
HIGHEST_F1 = (
    f"highest F1 on the hold-out, within {TOLERANCE:.0%} of it the nearest to half of that F1, at least a quarter of it"
)
FIXED = "fixed in the machine's file"


class Confusion(Struct, frozen=True):
    """Counts of hold-out rows at the threshold."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int


class Metrics(Struct, frozen=True):
    """Measures on the hold-out; precision, recall and F1 at the threshold.

    Where the threshold was chosen on this very hold-out, these three flatter a little; the areas do not. None: the
    hold-out has no fault, and only how many normal rows alarm can be told.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    roc_auc: float | None
    pr_auc: float | None
    brier: float | None
    threshold: float
    threshold_rule: str
    confusion: Confusion
    rows: int
    faults: int
    defects: DefectMetrics | None = None
    """Of a machine with several."""
    value: ValueMetrics | None = None
    """Of task `regression`: confusion, precision and recall are then of what lies beyond the limits."""


def evaluate(truth: Bools, scores: Floats, fixed_threshold: float | None, rule: str = FIXED) -> Metrics:
    """Metrics of probabilities, shape (n,), at the fixed threshold or at the best one.

    `truth` holds both classes, or normal rows alone where the threshold is fixed. `rule` tells how that was found.
    """
    threshold = best_threshold(truth, scores) if fixed_threshold is None else fixed_threshold
    confusion = _confusion(truth, scores >= threshold)
    alarms = confusion.true_positives + confusion.false_positives
    faults = confusion.true_positives + confusion.false_negatives
    precision = confusion.true_positives / alarms if alarms else 0.0
    return Metrics(
        precision=precision if faults else None,
        recall=confusion.true_positives / faults if faults else None,
        f1=2 * confusion.true_positives / (alarms + faults) if faults else None,
        roc_auc=float(roc_auc_score(truth, scores)) if faults else None,
        pr_auc=float(average_precision_score(truth, scores)) if faults else None,
        brier=float(brier_score_loss(truth, scores)) if faults else None,
        threshold=threshold,
        threshold_rule=HIGHEST_F1 if fixed_threshold is None else rule,
        confusion=confusion,
        rows=len(truth),
        faults=faults,
    )


def evaluate_defects(truth: Integers, said: Floats) -> DefectMetrics | None:
    """`truth`: numbers from 1 on, shape (n,); `said`: of each defect, shape (n, defects). None where n is 0."""
    if not len(truth):
        return None
    ranked = np.argsort(-said, axis=1, kind="stable") + 1
    return DefectMetrics(
        macro_f1=macro_f1(truth, ranked[:, 0]),
        top_1=float(np.mean(ranked[:, 0] == truth)),
        top_3=float(np.mean((ranked[:, :3] == truth[:, np.newaxis]).any(axis=1))),
        faults=len(truth),
    )


def evaluate_values(truth: Floats, said: Floats) -> ValueMetrics | None:
    """Of rows of shape (n,), of which those count that were measured; None where fewer than two were."""
    known = ~np.isnan(truth)
    truth, said = truth[known], said[known]
    if len(truth) < 2:
        return None
    return ValueMetrics(
        r2=float(r2_score(truth, said)),
        mae=float(mean_absolute_error(truth, said)),
        mse=float(mean_squared_error(truth, said)),
        rows=len(truth),
    )


def best_threshold(truth: Bools, scores: Floats) -> float:
    """The threshold of the highest F1; of those within TOLERANCE of it, the nearest to half of that F1.

    Calibrated probabilities have their highest F1 at half of it (Lipton, Elkan and Naryanaswamy 2014, arXiv:1402.1892),
    so nothing below half of that place is tried: a few odd faults of the hold-out would pull the threshold down to a
    thousandth, and every false alarm that people refuted would ring again.
    """
    precision, recall, cuts = precision_recall_curve(truth, scores)
    total = (precision + recall)[:-1]
    f1 = np.divide(2 * precision[:-1] * recall[:-1], total, out=np.zeros_like(total), where=total > 0)
    target = float(f1.max()) / 2
    floor = min(target / 2, float(cuts[-1]))
    f1 = np.where(cuts >= floor, f1, 0.0)
    good = np.flatnonzero(f1 >= (1 - TOLERANCE) * f1.max())
    # All thresholds in (below, at] alarm for the same rows.
    below, at = np.maximum(np.append(0.0, cuts[:-1])[good], floor), cuts[good]
    if ((below < target) & (target <= at)).any():
        return target
    middles = (below + at) / 2  # neither side hangs on a last bit
    return float(middles[np.argmin(np.abs(middles - target))])


def _confusion(truth: Bools, alarms: Bools) -> Confusion:
    return Confusion(
        true_positives=int(np.count_nonzero(truth & alarms)),
        false_positives=int(np.count_nonzero(~truth & alarms)),
        false_negatives=int(np.count_nonzero(truth & ~alarms)),
        true_negatives=int(np.count_nonzero(~truth & ~alarms)),
    )
