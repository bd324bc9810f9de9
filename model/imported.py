"""A scaler and a classifier that somebody already has, as a pipeline of ours.

Their files are pickles, and a pickle is a program: only those of a person who is trusted may come here. What comes out
is fenced, signed and checked like every model.
"""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from core.batch import Floats
from core.errors import UserError
from core.machine import Machine
from core.training_options import Algorithm
from model.answers import probabilities
from model.estimators import BoundedScaler, ChosenSensors, SteadyLogisticRegression
from model.forests import DirectForestClassifier
from model.imported_sensors import places_of

_SCALERS = (StandardScaler, MinMaxScaler, RobustScaler, MaxAbsScaler)
_KINDS: dict[type[ClassifierMixin], Algorithm] = {
    LogisticRegression: "lr",
    RandomForestClassifier: "rf",
    HistGradientBoostingClassifier: "hgb",
}
_OURS: dict[type[ClassifierMixin], type[ClassifierMixin]] = {
    LogisticRegression: SteadyLogisticRegression,
    RandomForestClassifier: DirectForestClassifier,
}
"""The same model, steadier or quicker; boosting stays what it is."""
_CLOSE = 1e-9
"""Sums in another order move the last bits; whatever moves more is not their model."""


class Imported(NamedTuple):
    """Theirs, as ours."""

    pipeline: Pipeline
    algorithm: Algorithm
    """What a retraining goes on with."""


def imported(machine: Machine, files: Sequence[Path], sensors: Floats, chosen: Sequence[str] = ()) -> Imported:
    """The model in these pickles: steps in their order, or one file with a pipeline of them.

    `sensors`, shape (n, sensors): readings whose medians stand in for absent values, and on which ours must answer as
    theirs does. `chosen`: the sensors that it goes by, in its order; empty: all, in the machine's. Raises UserError
    where the files hold anything else than this machine's scaler and classifier.
    """
    if machine.task != "fault" or machine.engineered:
        raise UserError(f"a model can be imported for machines of task fault without engineered sensors: {_RETRAIN}")
    steps = [step for file in files for step in _steps(_read(file), file)]
    scalers, classifiers = steps[:-1], steps[-1:]
    if not classifiers or type(classifiers[0]) not in _KINDS or len(scalers) > 1:
        found = ", ".join(type(step).__name__ for step in steps) or "nothing"
        kinds = ", ".join(kind.__name__ for kind in _KINDS)
        raise UserError(
            f"the files hold {found}; wanted is at most one scaler and behind it one of {kinds}: {_RETRAIN}"
        )
    for scaler in scalers:
        if type(scaler) not in _SCALERS:
            raise UserError(f"{type(scaler).__name__} is no scaler that can be imported: {_RETRAIN}")
    places = places_of(machine, steps[0], chosen)
    theirs = classifiers[0]
    column = _fault_column(machine, theirs)
    pipeline = _ours(scalers, theirs, column, sensors, places)
    _need_the_same_answers(pipeline, scalers, theirs, column, sensors, places)
    return Imported(pipeline, _KINDS[type(theirs)])


_RETRAIN = "train it anew from its data with ./run train MACHINE --csv FILE"


def _read(file: Path) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            return joblib.load(file)
        except InconsistentVersionWarning as warning:
            made, here = warning.original_sklearn_version, warning.current_sklearn_version
            raise UserError(f"{file} was made with scikit-learn {made}, here runs {here}: {_RETRAIN}") from warning
        except Exception as error:  # a pickle that is damaged, or made by other libraries, raises anything
            raise UserError(f"{file} cannot be read as a pickle ({error!r}): {_RETRAIN}") from error


def _steps(found: object, file: Path) -> Iterator[BaseEstimator]:
    if isinstance(found, Pipeline):
        for _, step in found.steps:
            if step not in (None, "passthrough"):
                yield from _steps(step, file)
    elif isinstance(found, BaseEstimator):
        yield found
    else:
        raise UserError(f"{file} holds a {type(found).__name__}, no scaler or classifier of scikit-learn: {_RETRAIN}")


def _fault_column(machine: Machine, theirs: Any) -> int:
    """Which of its two classes is the fault, by the machine's word for it."""
    said = machine.labels.fault_value.strip()
    classes = [_plain(name) for name in theirs.classes_.tolist()]
    if len(classes) != 2 or _plain(said) not in classes:
        raise UserError(
            f"the model tells {', '.join(map(str, theirs.classes_.tolist()))}; [labels] fault_value in the file of "
            f"{machine.name} is {said}: it must be one of two"
        )
    column = classes.index(_plain(said))
    if column == 0 and not isinstance(theirs, LogisticRegression):
        raise UserError(
            f"the fault is the first of the model's classes, which only logistic regression may have: {_RETRAIN}"
        )
    return column


def _plain(name: object) -> object:
    """1, 1.0, True and "1" are one name."""
    try:
        return float(str(name)) if not isinstance(name, bool) else float(name)
    except ValueError:
        return str(name)


def _ours(scalers: Sequence[Any], theirs: Any, column: int, sensors: Floats, places: tuple[int, ...]) -> Pipeline:
    inputs = sensors.shape[1]
    chosen = [] if places == tuple(range(inputs)) else [("choose", ChosenSensors(places, inputs))]
    return Pipeline(
        [
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True).fit(sensors)),
            *chosen,
            *(("scale", _as(BoundedScaler if type(one) is StandardScaler else type(one), one)) for one in scalers),
            ("classify", _classifier(theirs, column)),
        ]
    )


def _classifier(theirs: Any, column: int) -> ClassifierMixin:
    ours = _as(_OURS.get(type(theirs), type(theirs)), theirs)
    if column == 0:
        ours.coef_, ours.intercept_ = -theirs.coef_, -theirs.intercept_
    ours.classes_ = np.array([False, True])
    if isinstance(ours, RandomForestClassifier):
        ours.set_params(n_jobs=1, verbose=0)
    return ours


def _as(kind: type[Any], theirs: Any) -> Any:
    """One of this kind with all that theirs learnt, but for the columns' names: readings come as arrays."""
    ours: Any = object.__new__(kind)
    ours.__dict__.update({name: value for name, value in vars(theirs).items() if name != "feature_names_in_"})
    return ours


def _need_the_same_answers(
    pipeline: Pipeline, scalers: Sequence[Any], theirs: Any, column: int, sensors: Floats, places: Sequence[int]
) -> None:
    """On readings with all that theirs goes by; it has no answer to others."""
    rows = sensors[~np.isnan(sensors[:, places]).any(axis=1)]
    if not len(rows):
        raise UserError("no reading of the file has every sensor: what the model answers cannot be compared")
    scaled = rows[:, places]
    for scaler in scalers:
        scaled = _as(type(scaler), scaler).transform(scaled)
    before = _as(type(theirs), theirs).predict_proba(scaled)[:, column]
    furthest = np.abs(before - probabilities(pipeline, rows)).max()
    if not furthest <= _CLOSE:
        raise UserError(f"wrapped, the model answers otherwise than before, by up to {furthest:.2g}: {_RETRAIN}")
