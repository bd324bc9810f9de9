"""Which model to fit: the one that was asked for, or what a comparison or a search finds."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from core.errors import UserError
from core.history import History
from core.machine import Machine
from core.training import LabelledIncident
from core.training_options import ALGORITHMS, Algorithm, TrainingOptions
from model.cross_validation import cross_validated, judged_by
from model.recipe import Recipe, divided, kind
from model.search_budget import Budget
from model.training_set import TrainingSet, training_set

Progress = Callable[[str], None]


class Chosen(NamedTuple):
    """What to fit, and how that was found, in words; empty: it was asked for."""

    recipe: Recipe
    how: str = ""


def require_choice(machine: Machine, options: TrainingOptions) -> None:
    """UserError where the machine's task leaves no choice of models."""
    if machine.task == "one_class" and (options.search or options.algorithm is not None):
        raise UserError(
            f"{machine.name} learns from normal readings alone: its model is a one-class SVM, whose parameters are"
            " in its file, so there is no other kind to ask for and nothing to search"
        )


def choose(
    machine: Machine,
    base: History,
    recipe: Recipe,
    options: TrainingOptions,
    incidents: Sequence[LabelledIncident],
    progress: Progress,
    budget: Budget,
) -> Chosen:
    """The recipe with what the options say.

    Compared and searched by cross validation of the training rows: the hold-out, on which the gate judges the winner,
    has no say in who wins. Raises UserError where the data cannot train a model.
    """
    require_choice(machine, options)
    if machine.task == "one_class":
        return Chosen(recipe)
    if not options.search and options.algorithm != "compare":
        asked = options.algorithm
        return Chosen(recipe if asked is None else msgspec.structs.replace(recipe, algorithm=asked, parameters={}))
    rows = training_set(divided(base, machine, recipe)[0], incidents, recipe.seed, machine.classes)
    if options.search:
        return _searched(machine, recipe, _kinds(options, recipe), rows, progress, budget)
    return _compared(machine, recipe, rows, progress)


def _kinds(options: TrainingOptions, recipe: Recipe) -> Sequence[Algorithm]:
    if options.algorithm == "compare":
        return ALGORITHMS
    found = options.algorithm or recipe.algorithm
    assert found != "svm", "it is of no such machine"
    return (found,)


def _compared(machine: Machine, recipe: Recipe, rows: TrainingSet, progress: Progress) -> Chosen:
    areas = {}
    for algorithm in ALGORITHMS:
        areas[algorithm] = cross_validated(machine, algorithm, rows, recipe.seed, {})
        progress(f"{algorithm}: {judged_by(machine)} {areas[algorithm]:.4f} by cross validation of the training rows")
    best = max(areas, key=lambda algorithm: areas[algorithm])
    said = ", ".join(f"{algorithm} {area:.4f}" for algorithm, area in areas.items())
    how = f"{best} was best of all ({judged_by(machine)} by cross validation of the training rows: {said})"
    return Chosen(msgspec.structs.replace(recipe, algorithm=best, parameters={}), how)


def _searched(
    machine: Machine,
    recipe: Recipe,
    algorithms: Sequence[Algorithm],
    rows: TrainingSet,
    progress: Progress,
    budget: Budget,
) -> Chosen:
    from model.searching import search  # takes a second, which nobody else shall wait

    best = search(machine, algorithms, rows, recipe.seed, budget, progress, time.monotonic)
    how = (
        f"{kind(best.algorithm, best.parameters)} was best of {best.trials} trials"
        f" ({judged_by(machine)} by cross validation of the training rows: {best.area:.4f}; as usual: {best.usual:.4f})"
    )
    return Chosen(msgspec.structs.replace(recipe, algorithm=best.algorithm, parameters=best.parameters), how)
