"""The estimators behind the algorithms; `parameters` are those that a search found, in place of the usual ones."""

from collections.abc import Mapping

from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.model_selection import StratifiedKFold

from core.training_options import Algorithm
from model.enough_rows import FOLDS
from model.estimators import SteadyLogisticRegression
from model.forests import DirectForestClassifier, DirectForestRegressor
from model.value_estimators import SteadyRidge


def calibrated(algorithm: Algorithm, seed: int, parameters: Mapping[str, object]) -> CalibratedClassifierCV:
    """Its probabilities are calibrated by cross validation."""
    # ensemble=False keeps one estimator instead of one a fold: it scores as fast as the bare one.
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return CalibratedClassifierCV(uncalibrated(algorithm, seed, parameters), ensemble=False, cv=folds)


def uncalibrated(algorithm: Algorithm, seed: int, parameters: Mapping[str, object]) -> ClassifierMixin:
    """Its scores are good to be ordered by alone."""
    match algorithm:
        case "lr":
            return SteadyLogisticRegression(max_iter=1000, random_state=seed, **parameters)
        case "rf":
            # More threads make batches of a stream slower: handing out the work costs more than the work.
            return DirectForestClassifier(100, n_jobs=1, random_state=seed, **parameters)
        case "hgb":
            return HistGradientBoostingClassifier(random_state=seed, **parameters)


def regressor(algorithm: Algorithm, seed: int, parameters: Mapping[str, object]) -> RegressorMixin:
    """Of a machine whose value is predicted."""
    match algorithm:
        case "lr":
            return SteadyRidge(**parameters)
        case "rf":
            # A tree for every digit of a value would have a leaf for nearly every row; so many tell as much.
            usual = {"max_leaf_nodes": 500, "max_features": 0.5}
            return DirectForestRegressor(100, n_jobs=1, random_state=seed, **(usual | dict(parameters)))
        case "hgb":
            return HistGradientBoostingRegressor(random_state=seed, **parameters)
