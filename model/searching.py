"""Hyper-parameters by search: each trial is judged by cross validation of the training rows, the hold-out by none."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from core.machine import Machine
from core.training_options import Algorithm
from model.cross_validation import cross_validated
from model.recipe import Parameter, kind
from model.search_budget import Budget
from model.training_set import TrainingSet


class Found(NamedTuple):
    """The best of a search."""

    algorithm: Algorithm
    parameters: dict[str, Parameter]
    """Empty: the usual ones were best."""
    area: float
    usual: float
    """PR-AUC of the best of these kinds with its usual parameters."""
    trials: int


def search(
    machine: Machine,
    algorithms: Sequence[Algorithm],
    rows: TrainingSet,
    seed: int,
    budget: Budget,
    progress: Callable[[str], None],
    clock: Callable[[], float],
) -> Found:
    """The best parameters of these kinds of model, each in its turn, the usual ones first: nothing worse is found.

    One seed tries the same every time, as far as the seconds of `clock` reach. Raises UserError where the data cannot
    train a model.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # each trial is told in our own words
    space, usual = (_VALUE_SPACE, _VALUE_USUAL) if machine.target else (_SPACE, _USUAL)
    studies = {algorithm: _study(usual[algorithm], seed) for algorithm in algorithms}
    ends, trials = clock() + budget.seconds, max(budget.trials, len(algorithms))
    best: tuple[float, Algorithm, dict[str, Parameter]] = (-math.inf, algorithms[0], {})
    areas: list[float] = []
    while len(areas) < trials and (len(areas) < len(algorithms) or clock() <= ends):
        algorithm = algorithms[len(areas) % len(algorithms)]
        trial = studies[algorithm].ask(space[algorithm])
        parameters = {} if trial.params == usual[algorithm] else trial.params
        area = cross_validated(machine, algorithm, rows, seed, parameters)
        studies[algorithm].tell(trial, area)
        areas.append(area)
        if area > best[0]:
            best = (area, algorithm, parameters)
        progress(f"trial {len(areas)} of {trials}: {kind(algorithm, parameters)}: {area:.4f} (best {best[0]:.4f})")
    area, algorithm, parameters = best
    return Found(algorithm, parameters, area, max(areas[: len(algorithms)]), len(areas))


def _study(usual: dict[str, Parameter], seed: int) -> optuna.Study:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial(usual)
    return study


_WEIGHTS = CategoricalDistribution([None, "balanced"])
_SPACE: Mapping[Algorithm, dict[str, BaseDistribution]] = {
    "lr": {"C": FloatDistribution(1e-3, 1e3, log=True), "class_weight": _WEIGHTS},
    # The number of trees stays: more of them are hardly better, and would cost every reading that is ever scored.
    "rf": {
        "min_samples_leaf": IntDistribution(1, 20, log=True),
        "max_features": CategoricalDistribution(["sqrt", 0.5, 1.0]),
        "class_weight": _WEIGHTS,
    },
    "hgb": {
        "learning_rate": FloatDistribution(0.02, 0.3, log=True),
        "max_leaf_nodes": IntDistribution(7, 63, log=True),
        "min_samples_leaf": IntDistribution(5, 50, log=True),
        "l2_regularization": FloatDistribution(0.0, 1.0),
        "class_weight": _WEIGHTS,
    },
}
_USUAL: Mapping[Algorithm, dict[str, Parameter]] = {
    "lr": {"C": 1.0, "class_weight": None},
    "rf": {"min_samples_leaf": 1, "max_features": "sqrt", "class_weight": None},
    "hgb": {
        "learning_rate": 0.1,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 20,
        "l2_regularization": 0.0,
        "class_weight": None,
    },
}
"""scikit-learn's."""
_VALUE_SPACE: Mapping[Algorithm, dict[str, BaseDistribution]] = {
    "lr": {"alpha": FloatDistribution(1e-3, 1e3, log=True)},
    "rf": {
        "max_leaf_nodes": IntDistribution(50, 2000, log=True),
        "min_samples_leaf": IntDistribution(1, 20, log=True),
        "max_features": CategoricalDistribution(["sqrt", 0.5, 1.0]),
    },
    "hgb": {name: one for name, one in _SPACE["hgb"].items() if name != "class_weight"},
}
_VALUE_USUAL: Mapping[Algorithm, dict[str, Parameter]] = {
    "lr": {"alpha": 1.0},
    "rf": {"max_leaf_nodes": 500, "min_samples_leaf": 1, "max_features": 0.5},
    "hgb": {name: one for name, one in _USUAL["hgb"].items() if name != "class_weight"},
}
"""As model.pipeline has them."""
