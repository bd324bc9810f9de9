"""Forests that ask their trees directly. Pickled models name these classes: they keep their module and their names.

scikit-learn hands each tree to joblib as a task, also where there is one thread: with 100 trees and one reading that
takes eighteen times as long as the trees do.
"""

from typing import Any

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.ensemble._forest import BaseForest

from core.batch import Floats


class DirectForestClassifier(RandomForestClassifier):  # type: ignore[misc]  # scikit-learn has no types
    """A RandomForestClassifier of one output, with the same probabilities to the last bit."""

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Of each class, shape (n, classes). Raises ValueError as RandomForestClassifier does."""
        return _mean(self, X)


class DirectForestRegressor(RandomForestRegressor):  # type: ignore[misc]  # scikit-learn has no types
    """A RandomForestRegressor of one output, with the same values to the last bit."""

    def predict(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Shape (n,). Raises ValueError as RandomForestRegressor does."""
        return _mean(self, X)[:, 0]


def _mean(forest: BaseForest, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
    """Of what the trees' leaves hold, summed in the order of the trees as scikit-learn does."""
    rows = forest._validate_X_predict(X)
    first, *others = forest.estimators_
    total: Floats = first.tree_.predict(rows)
    for tree in others:
        total += tree.tree_.predict(rows)
    total /= len(forest.estimators_)
    return total
