"""What pushed a model that goes by principal components, told of the columns that these were made of."""

from collections.abc import Callable

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier

from core.batch import Floats
from core.explanation import Contributions, Scale
from model.components import PrincipalComponents
from model.one_thread import one_thread
from model.shapley import shapley_values


def weights_of_columns(weights: Floats, components: PrincipalComponents) -> Floats:
    """A line's weights of components, shape (…, components), as those of columns less their means: the same line."""
    found: Floats = weights @ components.components_
    return found


def through_components(
    components: PrincipalComponents, scale: Scale, answer: Callable[[Floats], Floats]
) -> Callable[[Floats], Contributions]:
    """Of a model of components that is no line: it is asked, with a column's value or with its mean in its place.

    The base is what it says of the mean of all columns. See model.shapley.
    """

    def of_columns(rows: Floats) -> Floats:
        with one_thread():
            return answer(components.transform(rows))

    middle = components.mean_
    base = float(of_columns(middle[np.newaxis])[0])
    return lambda rows: Contributions(scale, base, shapley_values(of_columns, rows, middle))


def margin(estimator: ClassifierMixin, at: int) -> tuple[Scale, Callable[[Floats], Floats]]:
    """What trees say for the class in this place before calibration: a forest's votes, or boosting's log-odds."""
    if isinstance(estimator, RandomForestClassifier):
        return Scale.SHARE, lambda rows: estimator.predict_proba(rows)[:, at]

    def log_odds(rows: Floats) -> Floats:
        found: Floats = estimator.decision_function(rows)
        return found[:, at] if found.ndim > 1 else (found if at else -found)

    return Scale.LOG_ODDS, log_odds
