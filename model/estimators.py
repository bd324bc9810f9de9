"""Our own steps of a pipeline. Pickled models name these classes: they keep their module and their names."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
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


class BoundedScaler(StandardScaler):  # type: ignore[misc]  # scikit-learn has no types
    """A StandardScaler whose output no finite reading can push out of range, so that every reading has a score."""

    def transform(self, X: Any, copy: bool | None = None) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Scaled values, shape (n, sensors), within ±BOUND."""
        with np.errstate(over="ignore"):
            scaled = super().transform(X, copy=copy)
        bounded: Floats = np.clip(scaled, -BOUND, BOUND)
        return bounded


class SteadyLogisticRegression(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """A LogisticRegression for two classes that gives a row the same bits alone and in a batch.

    The matrix product of BLAS sums a row's terms in an order that depends on the number of rows.
    """

    def decision_function(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Distance to the boundary, shape (n,), summed sensor by sensor."""
        total = np.full(len(X), self.intercept_[0])
        for column, weight in zip(np.asarray(X).T, self.coef_[0], strict=True):
            total += column * weight
        return total
