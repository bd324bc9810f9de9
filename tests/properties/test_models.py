from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.training_options import Algorithm
from model.answers import probabilities
from tests.model_builders import a_candidate

FINITE = st.floats(-3e38, 3e38, width=64)
READINGS = st.lists(st.tuples(FINITE, FINITE | st.just(float("nan"))), min_size=1, max_size=40)
ALGORITHMS = pytest.mark.parametrize("algorithm", ["lr", "rf", "hgb"])
# A forest answers a single row in milliseconds, and these ask for many.
FEW = settings(max_examples=15, deadline=None, derandomize=True)

fitted = cache(a_candidate)


@ALGORITHMS
@FEW
@given(readings=READINGS, size=st.integers(1, 17))
def test_a_reading_gets_the_same_bits_alone_and_in_any_batch(
    algorithm: Algorithm, readings: list[tuple[float, float]], size: int
) -> None:
    pipeline, sensors = fitted(algorithm).pipeline, np.array(readings)
    together = probabilities(pipeline, sensors)
    parts = [probabilities(pipeline, sensors[start : start + size]) for start in range(0, len(sensors), size)]
    np.testing.assert_array_equal(np.concatenate(parts), together)


@ALGORITHMS
@FEW
@given(readings=READINGS)
def test_every_finite_reading_has_a_probability(algorithm: Algorithm, readings: list[tuple[float, float]]) -> None:
    scores = probabilities(fitted(algorithm).pipeline, np.array(readings))
    assert ((scores >= 0) & (scores <= 1)).all()


@ALGORITHMS
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_a_thousand_readings_get_the_same_bits_in_batches_of(algorithm: Algorithm, size: int) -> None:
    sensors = np.random.default_rng(1).normal((80, 4), (20, 2), (1000, 2))
    pipeline, rows = fitted(algorithm).pipeline, min(1000, 50 * size)
    parts = [probabilities(pipeline, sensors[start : start + size]) for start in range(0, rows, size)]
    got = np.concatenate(parts)
    np.testing.assert_array_equal(got, probabilities(pipeline, sensors)[: len(got)])
