import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.threshold import Weighed, allowed_share, cheapest, within

probabilities = st.floats(0, 1) | st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
costs = st.floats(0.01, 1000)


@st.composite
def any_rows(draw: st.DrawFn) -> Weighed:
    """Rows of both kinds, with ties among their scores."""
    row = st.tuples(probabilities, st.sampled_from([0.5, 1.0, 3.0]))
    faults, normals = (draw(st.lists(row, min_size=1, max_size=12)) for _ in range(2))
    scores, weights = np.array([*faults, *normals]).T
    return Weighed(np.arange(len(scores)) < len(faults), scores, weights)


def cost(rows: Weighed, threshold: float, missed_fault_costs: float) -> float:
    alarms = rows.scores >= threshold
    missed, false = rows.truth & ~alarms, ~rows.truth & alarms
    return missed_fault_costs * float(rows.weights[missed].sum()) + float(rows.weights[false].sum())


def false_weight(rows: Weighed, threshold: float) -> float:
    return float(rows.weights[~rows.truth & (rows.scores >= threshold)].sum())


@given(any_rows(), costs, st.floats(0, 1, exclude_min=True))
def test_no_threshold_is_cheaper(rows: Weighed, missed_fault_costs: float, other: float) -> None:
    found = cheapest(rows, missed_fault_costs)
    assert 0 < found <= 1
    assert cost(rows, found, missed_fault_costs) <= cost(rows, other, missed_fault_costs) * (1 + 1e-6)


@given(any_rows(), costs, costs)
def test_the_dearer_a_miss_the_fewer_are_missed(rows: Weighed, one: float, another: float) -> None:
    def missed(missed_fault_costs: float) -> float:
        threshold = cheapest(rows, missed_fault_costs)
        return float(rows.weights[rows.truth & (rows.scores < threshold)].sum())

    if one * 1.001 < another:
        assert missed(another) <= missed(one) + 1e-9


@given(any_rows(), st.floats(0, 1), st.floats(0, 1, exclude_min=True))
def test_the_budget_is_kept_and_no_lower_threshold_keeps_it(rows: Weighed, share: float, other: float) -> None:
    found = within(rows, share)
    allowed = share * float(rows.weights[~rows.truth].sum()) * (1 + 1e-6)
    assert 0 < found <= 1
    if found < 1:
        assert false_weight(rows, found) <= allowed
    if false_weight(rows, other) <= allowed:
        assert set(np.flatnonzero(rows.scores >= found)) >= set(np.flatnonzero(rows.scores >= other)), "it finds more"


@given(any_rows(), costs)
def test_a_row_of_weight_three_counts_as_three_rows(rows: Weighed, missed_fault_costs: float) -> None:
    times = (rows.weights * 2).astype(np.int64)
    repeated = Weighed(np.repeat(rows.truth, times), np.repeat(rows.scores, times), np.ones(times.sum()))
    assert cheapest(rows, missed_fault_costs) == pytest.approx(cheapest(repeated, missed_fault_costs))
    assert within(rows, 0.1) == pytest.approx(within(repeated, 0.1))


def test_calibrated_probabilities_alarm_where_theory_says() -> None:
    random = np.random.default_rng(1)
    scores = random.random(200_000)
    rows = Weighed(random.random(200_000) < scores, scores, np.ones(200_000))
    assert cheapest(rows, 4.0) == pytest.approx(0.2, abs=0.02)
    assert cheapest(rows, 1.0) == pytest.approx(0.5, abs=0.02)


def test_an_alarm_takes_as_many_false_readings_as_open_it() -> None:
    assert allowed_share(0.1, readings_per_device_day=1000, open_after=3) == pytest.approx(0.0003)
    assert allowed_share(1e5, readings_per_device_day=10, open_after=1) == 1.0
