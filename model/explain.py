"""Which sensors pushed a prediction. Computed for alerts and on request: a consumer never loads this module."""

from collections.abc import Callable

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from core.batch import Floats
from core.explanation import Contributions, Scale
from model.answers import probabilities
from model.components import PrincipalComponents, components_of
from model.estimators import ChosenSensors, FaultAndDefect
from model.one_class import is_one_class
from model.shapley import shapley_values
from model.through_components import margin, through_components, weights_of_columns
from model.tree_explainer import tree_explainer
from model.value_estimators import OutsideLimits
from model.value_explanation import value_explained

_Explains = Callable[[Floats, object], Contributions]
"""Of rows that are prepared, and of one of the classes."""


class Explainer:
    """Takes one model's margins apart; what that needs of the model is prepared once.

    The margin is what the estimator said before calibration: with logistic regression and boosting the log-odds of a
    fault. A forest knows no log-odds; what is calibrated there is the mean over its trees of the share of faults in the
    leaf that the reading falls into, from 0 to 1, and that is its margin here. Of a model that knows normal readings
    alone it is the abnormality itself; the base is that of a reading with the middle value of every sensor.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        """UserError where this installation cannot explain such a model."""
        classifier, components = pipeline[-1], components_of(pipeline)
        self._prepare = pipeline[:-1] if components is None else pipeline[:-2]
        self._chosen: ChosenSensors | None = pipeline.named_steps.get("choose")
        if is_one_class(pipeline):  # its steps mix the sensors: it is asked with sensors instead
            after = [name for name, _ in pipeline.steps].index("impute") + 1
            self._prepare, self._defects = pipeline[:after], None
            self._fault = _abnormality(pipeline[after:], pipeline[after - 1].statistics_)
            return
        if isinstance(classifier, OutsideLimits):
            self._fault, self._defects = value_explained(pipeline, classifier), None
            return
        of_fault, self._defects = classifier, None
        if isinstance(classifier, FaultAndDefect):
            of_fault, self._defects = classifier.fault_, _explained(classifier.defect_, components)
        self._fault = _explained(of_fault, components)

    def contributions(self, sensors: Floats) -> Contributions:
        """Base and pushes of rows of shape (n, sensors), NaN for absent: towards a fault, or a higher value."""
        found = self._fault(self._prepare.transform(sensors), True)
        return found if self._chosen is None else found._replace(pushes=self._chosen.spread(found.pushes))

    def contributions_to_defect(self, sensors: Floats, number: int) -> Contributions:
        """The same towards this defect rather than the others, of rows that are faults."""
        assert self._defects is not None, "it is of a machine with several defects"
        return self._defects(self._prepare.transform(sensors), number)


def _abnormality(asked: Pipeline, middle: Floats) -> _Explains:
    """Exact up to four inputs: see model.shapley."""

    def answer(rows: Floats) -> Floats:
        return probabilities(asked, rows)

    base = float(answer(middle[np.newaxis])[0])
    return lambda rows, _: Contributions(Scale.ABNORMALITY, base, shapley_values(answer, rows, middle))


def _explained(classifier: ClassifierMixin, components: PrincipalComponents | None) -> _Explains:
    calibrated = isinstance(classifier, CalibratedClassifierCV)  # but for what was imported
    estimator = classifier.calibrated_classifiers_[0].estimator if calibrated else classifier
    if isinstance(estimator, LogisticRegression):
        return _linear(estimator, components)
    return _trees(estimator) if components is None else _trees_of_components(estimator, components)


def _linear(estimator: LogisticRegression, components: PrincipalComponents | None) -> _Explains:
    """Exact: weight times distance from the mean of the training rows, which the scaler moved to 0."""
    weights, bases = _of_each_class(estimator.coef_), _of_each_class(estimator.intercept_[:, np.newaxis])[:, 0]
    classes, means = estimator.classes_.tolist(), np.zeros(1)
    if components is not None:
        weights, means = weights_of_columns(weights, components), components.mean_

    def explain(rows: Floats, wanted: object) -> Contributions:
        at = classes.index(wanted)
        return Contributions(Scale.LOG_ODDS, float(bases[at]), (rows - means) * weights[at])

    return explain


def _of_each_class(of_boundaries: Floats) -> Floats:
    """Two classes have one boundary, from which they lie in opposite directions."""
    return of_boundaries if len(of_boundaries) > 1 else np.vstack([-of_boundaries, of_boundaries])


def _trees_of_components(estimator: ClassifierMixin, components: PrincipalComponents) -> _Explains:
    """Shapley values of the columns behind the components, over a sample of their orders."""
    classes = estimator.classes_.tolist()
    found = {wanted: through_components(components, *margin(estimator, at)) for at, wanted in enumerate(classes)}
    return lambda rows, wanted: found[wanted](rows)


def _trees(estimator: ClassifierMixin) -> _Explains:
    """Exact Shapley values of the trees, with absent sensors averaged over the training rows of each branch.

    TreeSHAP: Lundberg and others, "From local explanations to global understanding with explainable AI for trees",
    Nature Machine Intelligence 2 (2020).
    """
    explainer = tree_explainer(estimator)
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
