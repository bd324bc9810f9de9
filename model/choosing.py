"""Which kind of model to fit: the one that was asked for, or the best of all."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from core.history import History
from core.machine import Machine
from core.training import LabelledIncident
from core.training_options import ALGORITHMS, TrainingOptions
from model.cross_validation import cross_validated
from model.fit import Progress
from model.recipe import Recipe, divided
from model.training_set import training_set


class Chosen(NamedTuple):
    """What to fit, and how that was found, in words; empty: it was asked for."""

    recipe: Recipe
    how: str = ""


def choose(
    machine: Machine,
    base: History,
    recipe: Recipe,
    options: TrainingOptions,
    incidents: Sequence[LabelledIncident],
    progress: Progress,
) -> Chosen:
    """The recipe with what the options say.

    Compared by cross validation of the training rows: the hold-out, on which the gate judges the winner, has no say in
    who wins. Raises UserError where the data cannot train a model.
    """
    if options.algorithm is None:
        return Chosen(recipe)
    if options.algorithm != "compare":
        return Chosen(msgspec.structs.replace(recipe, algorithm=options.algorithm))
    rows = training_set(divided(base, machine, recipe)[0], incidents, recipe.seed)
    areas = {}
    for algorithm in ALGORITHMS:
        areas[algorithm] = cross_validated(algorithm, rows, recipe.seed)
        progress(f"{algorithm}: PR-AUC {areas[algorithm]:.4f} by cross validation of the training rows")
    best = max(areas, key=lambda algorithm: areas[algorithm])
    said = ", ".join(f"{algorithm} {area:.4f}" for algorithm, area in areas.items())
    how = f"{best} was best of all (PR-AUC by cross validation of the training rows: {said})"
    return Chosen(msgspec.structs.replace(recipe, algorithm=best), how)
