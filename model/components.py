"""Principal components before a model. Pickled models name this class: it keeps its module and its name."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline

from core.batch import Floats
from core.errors import UserError

_ROUNDING = 1e-9
"""Of a share: what adds up to 0.95 but for rounding carries 0.95."""


class PrincipalComponents(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The directions in which rows vary most, in place of their columns.

    scikit-learn's PCA multiplies by BLAS, which gives a row other bits alone than in a batch, and forgets how much the
    components that it left away would have carried.
    """

    def __init__(self, keep: float) -> None:
        """So many, or as many as carry this share of the variance, which is below 1."""
        self.keep = keep

    def fit(self, X: Any, y: Any = None) -> "PrincipalComponents":  # noqa: N803 (scikit-learn's name)
        """Rows of shape (n, columns). UserError where there are fewer components than to be kept."""
        rows = np.asarray(X, dtype=np.float64)
        whole = PCA(svd_solver="full").fit(rows)
        self.shares_: Floats = np.nan_to_num(whole.explained_variance_ratio_)  # of rows that are all the same
        if self.keep > len(self.shares_):
            raise UserError(
                f"pca is to keep {self.keep} components, and {len(rows)} rows of {rows.shape[1]} columns have"
                f" {len(self.shares_)}: lower `components` of [[steps]] in the machine's file"
            )
        count = self._carrying(self.keep) if self.keep < 1 else int(self.keep)
        self.mean_: Floats = whole.mean_
        self.components_: Floats = whole.components_[:count].copy()
        return self

    def _carrying(self, share: float) -> int:
        return min(int(np.count_nonzero(np.cumsum(self.shares_) < share - _ROUNDING)) + 1, len(self.shares_))

    def transform(self, X: Any) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Shape (n, components), summed by column."""
        rows = np.asarray(X, dtype=np.float64) - self.mean_
        total = np.zeros((len(rows), len(self.components_)))
        for column, weights in zip(rows.T, self.components_.T, strict=True):
            total += column[:, np.newaxis] * weights
        return total


def components_of(pipeline: Pipeline) -> PrincipalComponents | None:
    """Those that stand right before its model; None: there are none."""
    last = pipeline[-2] if len(pipeline.steps) > 1 else None
    return last if isinstance(last, PrincipalComponents) else None
