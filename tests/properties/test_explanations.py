"""What explains a prediction adds up to it."""

import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils._response import _get_response_values
from threadpoolctl import threadpool_limits

from core.batch import Floats
from core.errors import UserError
from core.explanation import Scale
from core.training_options import Algorithm
from model.answers import probabilities
from model.explain import Explainer
from model.fit import Candidate
from tests.model_builders import a_candidate, a_history

FINITE = st.floats(-3e38, 3e38, width=64)
USUAL = st.floats(40, 130)
READINGS = st.lists(
    st.tuples(USUAL | FINITE, st.floats(2, 6) | FINITE | st.just(float("nan"))), min_size=1, max_size=20
)
ALGORITHMS = pytest.mark.parametrize("algorithm", ["lr", "rf", "hgb"])
FEW = settings(max_examples=40, deadline=None, derandomize=True)


@cache
def fitted(algorithm: Algorithm) -> Candidate:
    """A press whose faults overlap with what is healthy, so that its trees are deep."""
    history = a_history(800)
    history.sensors[:, 0] += np.random.default_rng(2).normal(0, 15, len(history))
    return a_candidate(algorithm, history)


@cache
def explainer(algorithm: Algorithm) -> Explainer:
    return Explainer(fitted(algorithm).pipeline)


@cache
def plain_explainer(algorithm: Algorithm) -> Explainer:
    """Of a press whose faults are hot and nothing else."""
    return Explainer(a_candidate(algorithm).pipeline)


def margins(algorithm: Algorithm, sensors: Floats) -> Floats:
    """What scikit-learn itself hands to the calibration, shape (n,)."""
    pipeline = fitted(algorithm).pipeline
    calibrated = pipeline[-1].calibrated_classifiers_[0]
    rows, methods = pipeline[:-1].transform(sensors), ["decision_function", "predict_proba"]
    with threadpool_limits(1):
        values, _ = _get_response_values(calibrated.estimator, rows, methods, pos_label=True)
    probability = calibrated.calibrators[0].predict(values)
    np.testing.assert_allclose(probability, probabilities(pipeline, sensors), rtol=1e-12)
    return np.asarray(values)


@ALGORITHMS
@FEW
@given(readings=READINGS)
def test_base_and_pushes_add_up_to_the_margin_before_calibration(
    algorithm: Algorithm, readings: list[tuple[float, float]]
) -> None:
    sensors = np.array(readings)
    found = explainer(algorithm).contributions(sensors)
    assert found.pushes.shape == sensors.shape
    np.testing.assert_allclose(found.base + found.pushes.sum(axis=1), margins(algorithm, sensors), rtol=1e-9, atol=1e-9)


@ALGORITHMS
@FEW
@given(readings=READINGS)
def test_a_reading_is_explained_the_same_alone_and_among_others(
    algorithm: Algorithm, readings: list[tuple[float, float]]
) -> None:
    sensors = np.array(readings)
    together = explainer(algorithm).contributions(sensors).pushes
    alone = [explainer(algorithm).contributions(sensors[row : row + 1]).pushes for row in range(len(sensors))]
    np.testing.assert_array_equal(np.concatenate(alone), together)


@ALGORITHMS
@given(celsius=st.floats(105, 160), bar=st.floats(3.5, 4.5) | st.just(float("nan")))
def test_what_makes_a_press_too_hot_is_its_temperature(algorithm: Algorithm, celsius: float, bar: float) -> None:
    found = plain_explainer(algorithm).contributions(np.array([[celsius, bar]]))
    temperature, pressure = found.pushes[0]
    assert temperature > abs(pressure)


@pytest.mark.parametrize(("algorithm", "scale"), [("lr", Scale.LOG_ODDS), ("rf", Scale.SHARE), ("hgb", Scale.LOG_ODDS)])
def test_the_base_is_what_a_model_says_on_average(algorithm: Algorithm, scale: Scale) -> None:
    train = fitted(algorithm).hold_out.sensors
    found = explainer(algorithm).contributions(train)
    assert found.scale is scale
    assert abs(found.pushes.sum(axis=1).mean()) < 0.1 * found.pushes.sum(axis=1).std()


def test_where_shap_cannot_be_installed_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(UserError, match=r"needs Python 3\.12"):
        Explainer(fitted("rf").pipeline)
    Explainer(fitted("lr").pipeline)
