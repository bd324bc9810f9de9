"""How well a kind of model does on base rows that it was not fitted to, the hold-out never among them."""

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline

from core.batch import Integers
from core.machine import Machine
from core.training_options import Algorithm
from model.answers import defect_probabilities, predicted_values, probabilities
from model.enough_rows import FOLDS, need_both_classes, need_defects
from model.evaluation import evaluate_defects, evaluate_values
from model.pipeline import fit_bare, fit_defects_bare, fit_value
from model.training_set import TrainingSet


def cross_validated(
    machine: Machine, algorithm: Algorithm, rows: TrainingSet, seed: int, parameters: Mapping[str, object]
) -> float:
    """PR-AUC, the mean of the folds; the same folds for every model. Of other tasks as `judged_by` says.

    Verdicts train in every fold and judge in none: what alarmed was chosen by the champion, and a few answers are
    wrong. Not calibrated, which would not change the order of the scores. Raises UserError where a class has too few
    rows.
    """
    base, verdicts = np.flatnonzero(~rows.verdict), np.flatnonzero(rows.verdict)
    truth = rows.classes[base] if machine.classes else rows.fault[base]
    need_both_classes(rows.fault[base])
    if machine.classes:
        need_defects(machine, rows.classes[base])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(base, truth)
    areas = []
    for train, judge in folds:
        fitted, judged = np.concatenate([base[train], verdicts]), base[judge]
        how = (rows.weights[fitted], seed, parameters)
        if machine.target:
            pipeline = fit_value(machine, machine.target, algorithm, rows.sensors[fitted], rows.values[fitted], *how)
            areas.append(_near(pipeline, rows, judged))
            continue
        if machine.classes:
            pipeline = fit_defects_bare(machine, algorithm, rows.sensors[fitted], rows.classes[fitted], *how)
        else:
            pipeline = fit_bare(machine, algorithm, rows.sensors[fitted], rows.fault[fitted], *how)
        area = average_precision_score(rows.fault[judged], probabilities(pipeline, rows.sensors[judged]))
        areas.append((area + _told_apart(pipeline, rows, judged)) / 2 if machine.classes else area)
    return float(np.mean(areas))


def judged_by(machine: Machine) -> str:
    """What `cross_validated` measures: of several defects, to know which one counts as much."""
    if machine.target:
        return f"R² of the {machine.target.name}"
    return "mean of PR-AUC and macro F1 of the defects" if machine.classes else "PR-AUC"


def _near(pipeline: Pipeline, rows: TrainingSet, judged: Integers) -> float:
    found = evaluate_values(rows.values[judged], predicted_values(pipeline, rows.sensors[judged]))
    return found.r2 if found else 0.0


def _told_apart(pipeline: Pipeline, rows: TrainingSet, judged: Integers) -> float:
    """Macro F1 of the defects of which it is known which they are."""
    known = judged[rows.classes[judged] > 0]
    found = evaluate_defects(rows.classes[known], defect_probabilities(pipeline, rows.sensors[known]))
    return found.macro_f1 if found else 0.0
