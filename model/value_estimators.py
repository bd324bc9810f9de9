"""Our own steps of a pipeline that predicts a value. Pickled models name these: they keep their module and names."""

from typing import Any

import numpy as np
from scipy.special import ndtr
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from core.batch import Floats, Integers

_FOLDS = 3
_LEAST_SPREAD = 1e-9
"""Of the values themselves: who predicts made-up values exactly still has a spread to divide by."""


class WordColumns(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Puts a column of 0 and 1 for each word behind the numbers, in place of a sensor that files write as text.

    That BOPP is number 0 and PET number 1 says nothing of which is more: a line through them would.
    """

    def __init__(self, words: tuple[tuple[int, tuple[float, ...]], ...], inputs: int) -> None:
        """`words`: the column of each such sensor with the numbers of its words; `inputs`: columns in all."""
        self.words = words
        self.inputs = inputs

    def fit(self, X: Any, y: Any = None) -> "WordColumns":  # noqa: N803 (scikit-learn's name)
        """Nothing is learnt."""
        return self

    def transform(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Shape (n, numbers + words); all 0 for an absent word."""
        rows = np.asarray(X, dtype=np.float64)
        numbers = np.delete(rows, [column for column, _ in self.words], axis=1)
        said = [(rows[:, column] == word)[:, np.newaxis] for column, known in self.words for word in known]
        return np.hstack([numbers, *said])

    def origins(self) -> Integers:
        """The input that each column of `transform` came of."""
        of_words = [column for column, known in self.words for _ in known]
        numbers = [column for column in range(self.inputs) if column not in of_words]
        return np.array([*numbers, *of_words], dtype=np.int64)


class SteadyRidge(Ridge):  # type: ignore[misc]  # scikit-learn has no types
    """A Ridge that gives a row the same bits alone and in a batch, as SteadyLogisticRegression does.

    Ridge rather than plain least squares: five gauges of one film say nearly the same, and between such columns least
    squares shares the weights out at random.
    """

    def predict(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Shape (n,), summed by column."""
        total = np.full(len(X), float(self.intercept_))
        for column, weight in zip(np.asarray(X).T, self.coef_, strict=True):
            total += column * weight
        return total


class OutsideLimits(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Predicts a value, and how likely the true one lies beyond the limit that it is nearer to, or farther past.

    The true value is taken to be normally distributed around the predicted one, as widely as values of rows lay that
    cross validation held back. So the probability passes a half exactly where the predicted value passes a limit.
    Where a model cannot follow the values, a straight line through a curve, its errors lean to one side there and the
    probability with them: made-up films that ridge called 20 to 80 % likely beyond were so in 24 % of cases, with
    boosting in 49 %. The calibration in the training's report tells.
    """

    def __init__(self, value: Any, low: float | None, high: float | None, seed: int) -> None:
        """A regressor that is not fitted, and the limits."""
        self.value = value
        self.low = low
        self.high = high
        self.seed = seed

    def fit(self, X: Any, y: Any, sample_weight: Any) -> "OutsideLimits":  # noqa: N803 (scikit-learn's name)
        """`y`: measured values, shape (n,)."""
        rows, values, weights = np.asarray(X), np.asarray(y), np.asarray(sample_weight)
        errors = np.empty(len(values))
        for train, judge in KFold(_FOLDS, shuffle=True, random_state=self.seed).split(rows):
            fold = clone(self.value).fit(rows[train], values[train], sample_weight=weights[train])
            errors[judge] = values[judge] - fold.predict(rows[judge])
        least = _LEAST_SPREAD * max(float(np.abs(values).max()), 1.0)
        self.spread_ = max(float(np.sqrt(np.average(errors**2, weights=weights))), least)
        self.value_ = clone(self.value).fit(rows, values, sample_weight=weights)
        self.classes_ = np.array([False, True])
        return self

    def predict_value(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Shape (n,)."""
        values: Floats = self.value_.predict(X)
        return values

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Inside and beyond a limit, shape (n, 2)."""
        return self.probabilities_of(self.predict_value(X))

    def probabilities_of(self, values: Floats) -> Floats:
        """The same of values that were predicted."""
        below = np.full(len(values), -np.inf) if self.low is None else (self.low - values) / self.spread_
        above = np.full(len(values), -np.inf) if self.high is None else (values - self.high) / self.spread_
        beyond = ndtr(np.maximum(below, above))
        return np.column_stack([1 - beyond, beyond])
