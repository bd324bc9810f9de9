"""Our own steps of a pipeline. Pickled models name these classes: they keep their module and their names."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from core.batch import Floats
from core.engineered import engineered

BOUND = 1e6
"""Standard deviations; nothing beyond it says more, and 4-byte floats (inside trees) hold it."""


class EngineeredSensors(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Puts engineered sensors behind the sensors of each row; before the imputer: one of an absent is absent."""

    def __init__(self, sensors: tuple[str, ...], expressions: tuple[str, ...]) -> None:
        self.sensors = sensors
        self.expressions = expressions

    def fit(self, X: Any, y: Any = None) -> "EngineeredSensors":  # noqa: N803 (scikit-learn's name)
        """Nothing is learnt."""
        return self

    def transform(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Shape (n, sensors + expressions)."""
        rows = np.asarray(X, dtype=np.float64)
        return np.hstack([rows, engineered(self.expressions, self.sensors, rows)])


class ChosenSensors(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Leaves a model that was made elsewhere those sensors that it goes by, in its order."""

    def __init__(self, places: tuple[int, ...], inputs: int) -> None:
        """`places`: where its columns stand among the sensors; `inputs`: sensors in all."""
        self.places = places
        self.inputs = inputs

    def fit(self, X: Any, y: Any = None) -> "ChosenSensors":  # noqa: N803 (scikit-learn's name)
        """Nothing is learnt."""
        return self

    def transform(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Shape (n, places)."""
        return np.ascontiguousarray(np.asarray(X, dtype=np.float64)[:, self.places])

    def __sklearn_is_fitted__(self) -> bool:
        """Always: a pipeline asks its last step before the classifier."""
        return True

    def spread(self, pushes: Floats) -> Floats:
        """What belongs to its columns, shape (n, places), by sensor; 0 for those that it does not go by."""
        found = np.zeros((len(pushes), self.inputs))
        found[:, self.places] = pushes
        return found


class BoundedScaler(StandardScaler):  # type: ignore[misc]  # scikit-learn has no types
    """A StandardScaler whose output no finite reading can push out of range, so that every reading has a score."""

    def transform(self, X: Any, copy: bool | None = None) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Scaled values, shape (n, sensors), within ±BOUND."""
        with np.errstate(over="ignore"):
            scaled = super().transform(X, copy=copy)
        bounded: Floats = np.clip(scaled, -BOUND, BOUND)
        return bounded


class SteadyLogisticRegression(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """A LogisticRegression that gives a row the same bits alone and in a batch.

    The matrix product of BLAS sums a row's terms in an order that depends on the number of rows.
    """

    def decision_function(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Distance to the boundary, shape (n,), or of each class where there are more than two, summed by sensor."""
        total = np.tile(self.intercept_, (len(X), 1))
        for column, weights in zip(np.asarray(X).T, self.coef_.T, strict=True):
            total += column[:, np.newaxis] * weights
        return total if len(self.intercept_) > 1 else total[:, 0]


class FaultAndDefect(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Whether it is a fault, and by a second classifier which defect, given that it is one.

    What finds faults learns from every row, also from those of which nobody said which defect they are; what tells
    defects apart learns from the others alone, and costs a normal reading nothing.
    """

    def __init__(self, fault: Any, defect: Any, defects: int) -> None:
        """Two classifiers that are not fitted, and how many defects there are."""
        self.fault = fault
        self.defect = defect
        self.defects = defects

    def fit(self, X: Any, y: Any, sample_weight: Any) -> "FaultAndDefect":  # noqa: N803 (scikit-learn's name)
        """`y`: 0 for normal, the defect's number from 1 on, or -1 where nobody knows which one it is."""
        rows, classes, weights = np.asarray(X), np.asarray(y), np.asarray(sample_weight)
        known = classes > 0
        self.fault_ = clone(self.fault).fit(rows, classes != 0, sample_weight=weights)
        self.defect_ = clone(self.defect).fit(rows[known], classes[known], sample_weight=weights[known])
        self.classes_ = np.array([False, True])
        return self

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Of normal and of a fault, shape (n, 2)."""
        both: Floats = self.fault_.predict_proba(X)
        return both

    def predict_defect(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Of each defect, where the row is a fault: shape (n, defects); 0 for one that it never learnt."""
        found = np.zeros((len(X), self.defects))
        found[:, self.defect_.classes_ - 1] = self.defect_.predict_proba(X)
        return found
