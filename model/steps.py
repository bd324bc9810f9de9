"""The steps before a one-class model. Pickled models name these classes: they keep their module and their names."""

from typing import Any

import numpy as np
from scipy.stats import norm
from sklearn.preprocessing import PolynomialFeatures, QuantileTransformer

from core.batch import Floats

_LARGEST = 1e150
"""So that the next product is finite."""
_FARTHEST = 1e6
"""Spreads beyond the rows that it learnt from; nothing farther says more."""
_MIDDLE = (0.1587, 0.8413)
"""One standard deviation to both sides, where the distribution is normal."""


class BoundedPolynomial(PolynomialFeatures):  # type: ignore[misc]  # scikit-learn has no types
    """Products that no finite reading can push out of range, so that every reading has a score."""

    def transform(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Shape (n, products)."""
        rows = np.clip(np.asarray(X, dtype=np.float64), -_LARGEST, _LARGEST)
        with np.errstate(over="ignore"):
            products = super().transform(rows)
        bounded: Floats = np.clip(products, -_LARGEST, _LARGEST)
        return bounded


class OpenQuantiles(QuantileTransformer):  # type: ignore[misc]  # scikit-learn has no types
    """A QuantileTransformer to a normal distribution that goes on beyond the rows it was fitted to.

    scikit-learn's gives whatever lies beyond the highest row what it gives that row, so that a sensor that reads ten
    times as much as ever looks like the highest reading that was normal. Here each spread beyond it counts one more.
    And its highest row lies 5.2 deviations out however few rows there are, twice as far as the second: no neighbour of
    that reading is near it. Here it lies where the highest of so many rows is to be expected.
    """

    def fit(self, X: Any, y: Any = None) -> "OpenQuantiles":  # noqa: N803 (scikit-learn's name)
        """Rows of shape (n, columns)."""
        rows = np.asarray(X, dtype=np.float64)
        super().fit(rows)
        self.low_, self.high_ = rows.min(axis=0), rows.max(axis=0)
        inner = np.subtract(*np.quantile(rows, _MIDDLE[::-1], axis=0)) / 2
        # A column that hardly ever moves has no spread in its middle.
        self.edge_ = float(norm.ppf(1 - 0.5 / len(rows)))
        self.spread_ = np.where(inner > 0, inner, np.where(rows.std(axis=0) > 0, rows.std(axis=0), 1.0))
        return self

    def transform(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Standard deviations of a normal distribution, shape (n, columns)."""
        rows = np.asarray(X, dtype=np.float64)
        beyond = np.maximum(rows - self.high_, 0) - np.maximum(self.low_ - rows, 0)
        within = np.clip(super().transform(rows), -self.edge_, self.edge_)
        opened: Floats = within + np.clip(beyond / self.spread_, -_FARTHEST, _FARTHEST)
        return opened
