"""How a training set is made of base data: kept in the manifest, so that a retraining holds out the same rows."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from msgspec import Struct

from core.batch import Bools
from core.errors import UserError
from core.history import History
from core.machine import Machine
from core.training_options import Algorithm
from model.augmentation import made_up_faults
from model.split import latest_rows, stratified_rows

Split = Literal["stratified", "time"]
Parameter = float | int | str | None
"""Of an estimator, as scikit-learn names it."""


class Recipe(Struct, frozen=True, forbid_unknown_fields=True):
    """What to fit, and which rows of the base data never to fit it on."""

    algorithm: Algorithm | Literal["svm"] = "rf"
    """The one-class SVM is of task `one_class`, whose machine's file has its parameters, and of no other task."""
    parameters: dict[str, Parameter] = {}
    """Found by a search; absent ones are the usual ones."""
    split: Split = "stratified"
    hold_out_share: float = 0.25
    augment: bool = False
    """Make faults up around the edges of the usual ranges."""
    seed: int = 0

    def held_out_like(self, other: "Recipe") -> bool:
        """Whether both hold out the same rows of the same base data."""
        return (self.split, self.hold_out_share, self.augment, self.seed) == (
            other.split,
            other.hold_out_share,
            other.augment,
            other.seed,
        )


def kind(algorithm: str, parameters: Mapping[str, Parameter]) -> str:
    """In words, such as `rf (min_samples_leaf 4)`."""
    values = {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in parameters.items()}
    said = [f"{name} {value}" for name, value in values.items()]
    return f"{algorithm} ({', '.join(said)})" if said else algorithm


def divided(base: History, machine: Machine, recipe: Recipe) -> tuple[History, History]:
    """The base data as (rows to train on, hold-out). Raises UserError where one of them lacks a class that it needs.

    Faults are made up for training; for the hold-out only where it has no real one.
    """
    if not len(base):
        raise UserError(f"there is no reading to train {machine.name} on")
    held_out = _held_out(base, recipe)
    train, hold_out = base.rows(~held_out), base.rows(held_out)
    if recipe.augment:
        random = np.random.default_rng(recipe.seed)
        train = made_up_faults(train, machine, random)
        if not hold_out.fault.any():
            hold_out = made_up_faults(hold_out, machine, random)
    for part, name in ((train, "training rows"), (hold_out, "hold-out")):
        if machine.task != "one_class" or part.fault.all():
            _need_both_classes(part.fault, name, machine, recipe)
    return train, hold_out


def _held_out(base: History, recipe: Recipe) -> Bools:
    if recipe.split == "time":
        return latest_rows(base.times, recipe.hold_out_share)
    classes = base.fault if base.classes is None else base.classes.astype(np.int64)
    return stratified_rows(base.sensors, classes, recipe.hold_out_share, recipe.seed)


def _need_both_classes(fault: Bools, part: str, machine: Machine, recipe: Recipe) -> None:
    if fault.any() and not fault.all():
        return
    missing, remedy = (
        ("normal reading", _remedy_of_no_normal_reading(machine))
        if fault.any()
        else ("fault", _remedy_of_no_fault(machine))
    )
    if recipe.split == "time":
        remedy += "; --split stratified spreads the classes evenly"
    raise UserError(f"no {missing} among the {len(fault)} {part}: {remedy}")


def _remedy_of_no_fault(machine: Machine) -> str:
    more = "learn from more rows (simulated ones: --rows)"
    if machine.target is not None:
        return f"a model that saw no {machine.target.name} beyond the limits of [target] hardly predicts one; {more}"
    # Which defect a fault is that was made up, nobody knows: it teaches none.
    return more if machine.classes else f"{more}, or --augment makes faults up around the usual ranges"


def _remedy_of_no_normal_reading(machine: Machine) -> str:
    if machine.target is not None:
        return f"check [target] in the machine's file: every {machine.target.name} is beyond its limits"
    return "check [labels] in the machine's file: fault_value, or normal where it has several defects"
