"""The population stability index, whatever the readings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.batch import Floats
from core.drift import PSI_LIMIT, Share, psi

SEEDS = st.integers(0, 2**32 - 1)


def quantiles(values: Floats) -> Floats:
    return np.asarray(np.quantile(values, np.linspace(0, 1, 101)))


@given(SEEDS, st.integers(1, 12), st.integers(300, 2_000))
def test_it_is_never_negative_and_small_for_readings_of_the_same_kind(seed: int, kinds: int, count: int) -> None:
    """Also where a sensor knows a few values only, or one."""
    random = np.random.default_rng(seed)
    before, now = (np.floor(random.normal(0, 1, size) * kinds) / kinds for size in (20_000, count))
    assert 0 <= psi(quantiles(before), now) < PSI_LIMIT


@given(SEEDS, st.floats(0.01, 1_000), st.floats(-1_000, 1_000))
def test_units_do_not_matter(seed: int, scale: float, zero: float) -> None:
    random = np.random.default_rng(seed)
    before, now = random.normal(0, 1, 5_000), random.normal(0.5, 1, 500)
    moved = psi(quantiles(before) * scale + zero, now * scale + zero)
    assert moved == pytest.approx(psi(quantiles(before), now), abs=0.05)


@given(SEEDS, st.floats(1.0, 20.0))
def test_a_shift_by_a_deviation_or_more_is_a_major_one(seed: int, deviations: float) -> None:
    random = np.random.default_rng(seed)
    before = quantiles(random.normal(0, 1, 5_000))
    for sign in (-1, 1):
        assert psi(before, random.normal(sign * deviations, 1, 500)) > PSI_LIMIT


@given(st.sampled_from([-1.0, 1.0]))
def test_a_sensor_that_never_moved_and_moves_now_is_seen(away: float) -> None:
    assert psi(np.full(101, 5.0), np.full(500, 5.0 + away)) > PSI_LIMIT
    assert psi(np.full(101, 5.0), np.full(500, 5.0)) == 0


@given(st.floats(0, 0.5), st.floats(-0.5, 0.5), st.integers(1, 100_000))
def test_a_share_rises_by_much_and_beyond_chance_or_not_at_all(before: float, by: float, count: int) -> None:
    deviation = np.sqrt(before * (1 - before) / count)
    if Share(before + by, before, count).rose:
        assert by > max(0.04, 3 * deviation)
    else:
        assert by < max(0.06, 4 * max(deviation, 1 / count))
