"""Which sensors pushed a predicted value, in its unit."""

from collections.abc import Callable

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline

from core.batch import Floats
from core.explanation import Contributions, Scale
from model.components import PrincipalComponents, components_of
from model.through_components import through_components, weights_of_columns
from model.tree_explainer import tree_explainer
from model.value_estimators import OutsideLimits, WordColumns

_Explains = Callable[[Floats], Contributions]
"""Of rows that are prepared."""


def value_explained(pipeline: Pipeline, fitted: OutsideLimits) -> Callable[[Floats, object], Contributions]:
    """Of rows that are prepared: base and pushes add up to the value. UserError where it cannot be explained here."""
    words: WordColumns | None = pipeline.named_steps.get("words")
    of_columns = _of_columns(fitted.value_, components_of(pipeline))

    def explain(rows: Floats, _: object) -> Contributions:
        found = of_columns(rows)
        return found if words is None else found._replace(pushes=_by_input(found.pushes, words))

    return explain


def _of_columns(regressor: RegressorMixin, components: PrincipalComponents | None) -> _Explains:
    if isinstance(regressor, Ridge):
        return _line(regressor, components)
    if components is not None:
        return through_components(components, Scale.VALUE, regressor.predict)
    explainer = tree_explainer(regressor)
    base = float(np.ravel(explainer.expected_value)[0])
    return lambda rows: Contributions(
        Scale.VALUE, base, np.asarray(explainer.shap_values(rows, check_additivity=False), dtype=np.float64)
    )


def _line(regressor: Ridge, components: PrincipalComponents | None) -> _Explains:
    """Exact: weight times distance from the mean of the training rows, which the scaler moved to 0."""
    base, weights, means = float(regressor.intercept_), regressor.coef_, np.zeros(1)
    if components is not None:
        weights, means = weights_of_columns(weights, components), components.mean_
    return lambda rows: Contributions(Scale.VALUE, base, (rows - means) * weights)


def _by_input(pushes: Floats, words: WordColumns) -> Floats:
    """A sensor that is written as text pushes with all its words' columns together."""
    together = np.zeros((len(pushes), words.inputs))
    for column, origin in enumerate(words.origins().tolist()):
        together[:, origin] += pushes[:, column]
    return together
