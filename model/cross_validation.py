"""How well a kind of model does on base rows that it was not fitted to, the hold-out never among them."""

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold

from core.machine import Machine
from core.training_options import Algorithm
from model.pipeline import FOLDS, fit_bare, need_both_classes, probabilities
from model.training_set import TrainingSet


def cross_validated(
    machine: Machine, algorithm: Algorithm, rows: TrainingSet, seed: int, parameters: Mapping[str, object]
) -> float:
    """PR-AUC, the mean of the folds; the same folds for every model.

    Verdicts train in every fold and judge in none: what alarmed was chosen by the champion, and a few answers are
    wrong. Not calibrated, which would not change the order of the scores. Raises UserError where a class has too few
    rows.
    """
    base, verdicts = np.flatnonzero(~rows.verdict), np.flatnonzero(rows.verdict)
    truth = rows.fault[base]
    need_both_classes(truth)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(base, truth)
    areas = []
    for train, judge in folds:
        fitted = np.concatenate([base[train], verdicts])
        pipeline = fit_bare(
            machine, algorithm, rows.sensors[fitted], rows.fault[fitted], rows.weights[fitted], seed, parameters
        )
        areas.append(average_precision_score(truth[judge], probabilities(pipeline, rows.sensors[base[judge]])))
    return float(np.mean(areas))
