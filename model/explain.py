"""Which sensors pushed a prediction. Computed for alerts and on request: a consumer never loads this module."""

from collections.abc import Callable

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from core.batch import Floats
from core.errors import UserError
from core.explanation import Contributions, Scale

_Explains = Callable[[Floats], Contributions]


class Explainer:
    """Takes one model's margins apart; what that needs of the model is prepared once.

    The margin is what the estimator said before calibration: with logistic regression and boosting the log-odds of a
    fault. A forest knows no log-odds; what is calibrated there is the mean over its trees of the share of faults in the
    leaf that the reading falls into, from 0 to 1, and that is its margin here.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        """UserError where this installation cannot explain such a model."""
        self._prepare = pipeline[:-1]
        estimator = pipeline[-1].calibrated_classifiers_[0].estimator
        self._explain = _linear(estimator) if isinstance(estimator, LogisticRegression) else _trees(estimator)

    def contributions(self, sensors: Floats) -> Contributions:
        """Base and pushes of rows of shape (n, sensors), NaN for absent."""
        return self._explain(self._prepare.transform(sensors))


def _linear(estimator: LogisticRegression) -> _Explains:
    """Exact: weight times distance from the mean of the training rows, which the scaler moved to 0."""
    weights, base = estimator.coef_[0], float(estimator.intercept_[0])
    return lambda rows: Contributions(Scale.LOG_ODDS, base, rows * weights)


def _trees(estimator: object) -> _Explains:
    """Exact Shapley values of the trees, with absent sensors averaged over the training rows of each branch.

    TreeSHAP: Lundberg and others, "From local explanations to global understanding with explainable AI for trees",
    Nature Machine Intelligence 2 (2020).
    """
    try:
        import shap  # 70 MB that a linear model does without
    except ImportError as error:
        raise UserError("explaining forests and boosted trees needs Python 3.12 on this machine") from error
    # Without background rows it goes by those that each branch saw in training.
    explainer = shap.TreeExplainer(estimator, feature_perturbation="tree_path_dependent")
    base = float(np.ravel(explainer.expected_value)[-1])
    scale = Scale.SHARE if isinstance(estimator, RandomForestClassifier) else Scale.LOG_ODDS

    def explain(rows: Floats) -> Contributions:
        # Its own check that the sum is right would score every row again; our tests hold that.
        pushes = explainer.shap_values(rows, check_additivity=False)
        of_faults = pushes[..., 1] if pushes.ndim == 3 else pushes  # a forest's come for both classes
        return Contributions(scale, base, of_faults)

    return explain
