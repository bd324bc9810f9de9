"""What is fitted: engineered sensors, imputer, scaler or the file's steps, and a calibrated classifier."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from sklearn.base import ClassifierMixin, TransformerMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline

from core.batch import Bools, Floats, Integers
from core.errors import UserError
from core.machine import Machine
from core.target import Target
from core.training_options import Algorithm
from model.algorithms import calibrated, regressor, uncalibrated
from model.chosen_steps import transformers
from model.enough_rows import need_both_classes, need_defects
from model.estimators import BoundedScaler, EngineeredSensors, FaultAndDefect
from model.one_class import OneClass
from model.one_thread import one_thread
from model.value_estimators import OutsideLimits, WordColumns

_LEAST_VALUES = 10
"""Of a regression: below it the spread of its errors is anybody's guess."""
_USUAL: Mapping[str, object] = MappingProxyType({})


def fit(
    machine: Machine,
    algorithm: Algorithm,
    sensors: Floats,
    fault: Bools,
    weights: Floats,
    seed: int,
    parameters: Mapping[str, object] = _USUAL,
) -> Pipeline:
    """A pipeline fitted to rows of shape (n, sensors) with NaN for absent; `weights` (n,) count each row.

    The probability is column 1 of `predict_proba`. Raises UserError where a class has too few rows.
    """
    need_both_classes(fault)
    return _fitted(machine, calibrated(algorithm, seed, parameters), sensors, fault, weights)


def fit_defects(
    machine: Machine,
    algorithm: Algorithm,
    sensors: Floats,
    classes: Integers,
    weights: Floats,
    seed: int,
    parameters: Mapping[str, object] = _USUAL,
) -> Pipeline:
    """The same of a machine with several defects; `classes` (n,) as core.history.History numbers them.

    Raises UserError also where there are too few defects to tell apart, or too few rows of one.
    """
    need_both_classes(classes != 0)
    need_defects(machine, classes)
    one, other = (calibrated(algorithm, seed, parameters) for _ in range(2))
    return _fitted(machine, FaultAndDefect(one, other, len(machine.classes) - 1), sensors, classes, weights)


def fit_defects_bare(
    machine: Machine,
    algorithm: Algorithm,
    sensors: Floats,
    classes: Integers,
    weights: Floats,
    seed: int,
    parameters: Mapping[str, object] = _USUAL,
) -> Pipeline:
    """The same without calibration."""
    one, other = (uncalibrated(algorithm, seed, parameters) for _ in range(2))
    return _fitted(machine, FaultAndDefect(one, other, len(machine.classes) - 1), sensors, classes, weights)


def fit_bare(
    machine: Machine,
    algorithm: Algorithm,
    sensors: Floats,
    fault: Bools,
    weights: Floats,
    seed: int,
    parameters: Mapping[str, object] = _USUAL,
) -> Pipeline:
    """The same without calibration, which takes a third of the time: its scores are good to be ordered by alone."""
    return _fitted(machine, uncalibrated(algorithm, seed, parameters), sensors, fault, weights)


def fit_value(
    machine: Machine,
    target: Target,
    algorithm: Algorithm,
    sensors: Floats,
    values: Floats,
    weights: Floats,
    seed: int,
    parameters: Mapping[str, object] = _USUAL,
) -> Pipeline:
    """The same of a machine whose `target` is predicted; `values` (n,) were measured, NaN where none was.

    Rows without a value teach nothing. Raises UserError where there are too few with one.
    """
    known = ~np.isnan(values)
    if (count := int(np.count_nonzero(known))) < _LEAST_VALUES:
        raise UserError(f"{count} rows with a measured {target.name} to train on: at least {_LEAST_VALUES} are needed")
    estimator = OutsideLimits(regressor(algorithm, seed, parameters), target.low, target.high, seed)
    return _fitted(machine, estimator, sensors[known], values[known], weights[known])


def fit_one_class(machine: Machine, sensors: Floats, weights: Floats, outside: float) -> Pipeline:
    """A pipeline fitted to normal rows alone, of shape (n, sensors), through the steps of the machine's file.

    `outside`: the share of all weight that may lie outside.

    Column 1 of `predict_proba` is how abnormal a reading is: see model.one_class. A reading's never depends on others.
    """
    classifier = OneClass(outside, machine.one_class.reach)
    return _fitted(machine, classifier, sensors, np.zeros(len(sensors), dtype=np.bool_), weights)


def _fitted(
    machine: Machine,
    classifier: ClassifierMixin,
    sensors: Floats,
    truth: Bools | Integers | Floats,
    weights: Floats,
) -> Pipeline:
    engineered = EngineeredSensors(machine.sensor_names, machine.expressions)
    words = _words(machine) if machine.target else None
    pipeline = Pipeline(
        [
            *([("engineer", engineered)] if machine.engineered else []),
            *([("words", words)] if words is not None else []),
            # No missing-value indicators: that a unit has no such gauge says nothing about its health, and a model
            # that learns it will alarm for a whole series of units.
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
            *_steps(machine, len(sensors)),
            ("classify", classifier),
        ]
    )
    with one_thread():
        pipeline.fit(sensors, truth, classify__sample_weight=weights)
    return pipeline


def _steps(machine: Machine, rows: int) -> Sequence[tuple[str, TransformerMixin]]:
    """Those of the machine's file, to be fitted to so many rows; none there: a scaler, but for a one-class model."""
    if machine.steps or machine.task == "one_class":
        return transformers(machine.steps, rows)
    return [("scale", BoundedScaler())]


def _words(machine: Machine) -> WordColumns | None:
    """Of the sensors that files write as text; None where there is none."""
    places = {name: column for column, name in enumerate(machine.sensor_names)}
    words = [(places[sensor], tuple(numbers.values())) for sensor, numbers in machine.csv.values.items()]
    return WordColumns(tuple(sorted(words)), len(machine.inputs)) if words else None
