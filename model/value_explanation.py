"""Which sensors pushed a predicted value, in its unit."""

from collections.abc import Callable
from functools import partial

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline

from core.batch import Floats
from core.explanation import Contributions, Scale
from model.tree_explainer import tree_explainer
from model.value_estimators import OutsideLimits, WordColumns


def value_explained(pipeline: Pipeline, fitted: OutsideLimits) -> Callable[[Floats, object], Contributions]:
    """Of rows that are prepared: base and pushes add up to the value. UserError where it cannot be explained here."""
    regressor = fitted.value_
    words: WordColumns | None = pipeline.named_steps.get("words")
    if isinstance(regressor, Ridge):
        base, of_rows = float(regressor.intercept_), _weighted(regressor)
    else:
        explainer = tree_explainer(regressor)
        base = float(np.ravel(explainer.expected_value)[0])
        of_rows = partial(explainer.shap_values, check_additivity=False)

    def explain(rows: Floats, _: object) -> Contributions:
        pushes = np.asarray(of_rows(rows), dtype=np.float64)
        return Contributions(Scale.VALUE, base, pushes if words is None else _by_input(pushes, words))

    return explain


def _weighted(regressor: Ridge) -> Callable[[Floats], Floats]:
    """Exact: weight times distance from the mean of the training rows, which the scaler moved to 0."""
    weights: Floats = regressor.coef_
    return lambda rows: rows * weights


def _by_input(pushes: Floats, words: WordColumns) -> Floats:
    """A sensor that is written as text pushes with all its words' columns together."""
    together = np.zeros((len(pushes), words.inputs))
    for column, origin in enumerate(words.origins().tolist()):
        together[:, origin] += pushes[:, column]
    return together
