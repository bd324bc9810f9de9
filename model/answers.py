"""What a fitted pipeline says of readings."""

import numpy as np
from sklearn.pipeline import Pipeline

from core.batch import Floats
from model.estimators import FaultAndDefect
from model.one_thread import one_thread
from model.value_estimators import OutsideLimits


def probabilities(pipeline: Pipeline, sensors: Floats) -> Floats:
    """The probability of a fault of each row, shape (n,)."""
    if not len(sensors):
        return np.empty(0)
    with one_thread():
        column: Floats = pipeline.predict_proba(sensors)[:, 1]
    return column


def defect_probabilities(pipeline: Pipeline, sensors: Floats) -> Floats:
    """The probability of each defect of rows that are faults, shape (n, defects); each row adds up to 1."""
    classifier: FaultAndDefect = pipeline[-1]
    if not len(sensors):
        return np.empty((0, classifier.defects))
    with one_thread():
        return classifier.predict_defect(pipeline[:-1].transform(sensors))


def tells_defects(pipeline: Pipeline) -> bool:
    """Whether it is of a machine with several defects."""
    return isinstance(pipeline[-1], FaultAndDefect)


def predicted_values(pipeline: Pipeline, sensors: Floats) -> Floats:
    """What task `regression` predicts of each row, shape (n,)."""
    if not len(sensors):
        return np.empty(0)
    estimator: OutsideLimits = pipeline[-1]
    with one_thread():
        return estimator.predict_value(pipeline[:-1].transform(sensors))


def beyond_limits(pipeline: Pipeline, values: Floats) -> Floats:
    """The probability of a fault, shape (n,), of values that this pipeline predicted: that of `probabilities`."""
    estimator: OutsideLimits = pipeline[-1]
    return estimator.probabilities_of(values)[:, 1]


def tells_value(pipeline: Pipeline) -> bool:
    """Whether it predicts a value."""
    return isinstance(pipeline[-1], OutsideLimits)
