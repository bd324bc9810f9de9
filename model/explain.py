"""Which sensors pushed a prediction. Computed for alerts and on request: a consumer never loads this module."""

from collections.abc import Callable

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from core.batch import Floats
from core.errors import UserError
from core.explanation import Contributions, Scale
from model.estimators import FaultAndDefect

_Explains = Callable[[Floats, object], Contributions]
"""Of rows that are prepared, and of one of the classes."""


class Explainer:
    """Takes one model's margins apart; what that needs of the model is prepared once.

    The margin is what the estimator said before calibration: with logistic regression and boosting the log-odds of a
    fault. A forest knows no log-odds; what is calibrated there is the mean over its trees of the share of faults in the
    leaf that the reading falls into, from 0 to 1, and that is its margin here.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        """UserError where this installation cannot explain such a model."""
        self._prepare = pipeline[:-1]
        classifier = pipeline[-1]
        of_fault, self._defects = classifier, None
        if isinstance(classifier, FaultAndDefect):
            of_fault, self._defects = classifier.fault_, _explained(classifier.defect_)
        self._fault = _explained(of_fault)

    def contributions(self, sensors: Floats) -> Contributions:
        """Base and pushes of rows of shape (n, sensors), NaN for absent: towards a fault."""
        return self._fault(self._prepare.transform(sensors), True)

    def contributions_to_defect(self, sensors: Floats, number: int) -> Contributions:
        """The same towards this defect rather than the others, of rows that are faults."""
        assert self._defects is not None, "it is of a machine with several defects"
        return self._defects(self._prepare.transform(sensors), number)


def _explained(classifier: ClassifierMixin) -> _Explains:
    calibrated = isinstance(classifier, CalibratedClassifierCV)  # but for what was imported
    estimator = classifier.calibrated_classifiers_[0].estimator if calibrated else classifier
    return _linear(estimator) if isinstance(estimator, LogisticRegression) else _trees(estimator)


def _linear(estimator: LogisticRegression) -> _Explains:
    """Exact: weight times distance from the mean of the training rows, which the scaler moved to 0."""
    weights, bases = _of_each_class(estimator.coef_), _of_each_class(estimator.intercept_[:, np.newaxis])[:, 0]
    classes = estimator.classes_.tolist()

    def explain(rows: Floats, wanted: object) -> Contributions:
        at = classes.index(wanted)
        return Contributions(Scale.LOG_ODDS, float(bases[at]), rows * weights[at])

    return explain


def _of_each_class(of_boundaries: Floats) -> Floats:
    """Two classes have one boundary, from which they lie in opposite directions."""
    return of_boundaries if len(of_boundaries) > 1 else np.vstack([-of_boundaries, of_boundaries])


def _trees(estimator: ClassifierMixin) -> _Explains:
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
    bases, classes = np.ravel(explainer.expected_value), estimator.classes_.tolist()
    scale = Scale.SHARE if isinstance(estimator, RandomForestClassifier) else Scale.LOG_ODDS

    def explain(rows: Floats, wanted: object) -> Contributions:
        # Its own check that the sum is right would score every row again; our tests hold that.
        pushes = explainer.shap_values(rows, check_additivity=False)
        at = classes.index(wanted)
        if pushes.ndim == 3:
            return Contributions(scale, float(bases[at]), pushes[..., at])
        sign = 1 if at else -1  # boosting has one margin for two classes
        return Contributions(scale, sign * float(bases[-1]), sign * pushes)

    return explain
