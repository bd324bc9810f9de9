"""A model that knows normal readings alone. Pickled models name this class: it keeps its module and its name."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline
from sklearn.svm import OneClassSVM

from core.batch import Floats

BORDER = 0.5
"""The abnormality from which on a reading lies outside: where the SVM says -1."""
_FAR = 0.99
"""Of a reading that is like nothing that the model learnt from."""
_ACCURACY = 1e-3
"""Of the border, in those units: a row that the SVM puts on it is inside, however it rounds."""


class OneClass(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """How abnormal a reading is, from 0 to 1: a one-class SVM's decision value, turned round and bounded.

    The decision value is 0 on the border of what is normal and -offset far away from everything; there the abnormality
    is BORDER and _FAR, and between and beyond it falls as a logistic curve does. It is an order, no probability.
    """

    def __init__(self, outside: float, reach: float | str) -> None:
        """As core.one_class.OneClassPolicy has them."""
        self.outside = outside
        self.reach = reach

    def fit(self, X: Any, y: Any, sample_weight: Any) -> "OneClass":  # noqa: N803 (scikit-learn's name)
        """Normal rows, by their weights; `y` is not looked at."""
        self.machine_ = OneClassSVM(nu=self.outside, gamma=self.reach, tol=1e-6)
        self.machine_.fit(np.asarray(X), sample_weight=np.asarray(sample_weight))
        self.classes_ = np.array([False, True])
        return self

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Of being normal and abnormality, shape (n, 2)."""
        inside = self.machine_.decision_function(np.asarray(X)) / self.machine_.offset_[0]
        abnormal = 1 / (1 + np.exp(np.log(_FAR / (1 - _FAR)) * (inside + _ACCURACY)))
        return np.column_stack([1 - abnormal, abnormal])


def is_one_class(pipeline: Pipeline) -> bool:
    """Whether it knows normal readings alone."""
    return isinstance(pipeline[-1], OneClass)
