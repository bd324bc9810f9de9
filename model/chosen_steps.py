"""The steps that a machine's file names, as scikit-learn's transformers and ours."""

from collections.abc import Sequence

from sklearn.base import TransformerMixin

from core.steps import Components, Polynomial, Quantile, Scale, Step
from model.components import PrincipalComponents
from model.estimators import BoundedScaler
from model.steps import BoundedPolynomial, OpenQuantiles

_MOST_QUANTILES = 1000


def transformers(steps: Sequence[Step], rows: int) -> list[tuple[str, TransformerMixin]]:
    """Named and not fitted; `rows`: to be fitted to so many."""
    return [(f"step_{number}", _transformer(step, rows)) for number, step in enumerate(steps, 1)]


def _transformer(step: Step, rows: int) -> TransformerMixin:
    match step:
        case Polynomial():
            return BoundedPolynomial(step.degree, include_bias=False)
        case Quantile():
            count = min(rows, _MOST_QUANTILES)
            return OpenQuantiles(n_quantiles=count, output_distribution="normal", subsample=None)
        case Scale():
            return BoundedScaler()
        case Components():
            return PrincipalComponents(step.components)
