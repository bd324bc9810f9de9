"""Two models on the same rows."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, recall_score

from core.batch import Floats
from core.comparison import Judged, compare

RANDOM = np.random.default_rng(7)
TRUTH = RANDOM.random(2_000) < 0.05
GOOD = np.clip(TRUTH * 0.6 + RANDOM.random(2_000) * 0.5, 0, 1)
SHUFFLED = RANDOM.permutation(GOOD)


def judged(scores: Floats, threshold: float = 0.55) -> Judged:
    return Judged(scores, scores >= threshold)


def test_the_same_seed_gives_the_same_interval() -> None:
    found = [compare(TRUTH, judged(GOOD), judged(SHUFFLED), seed=3) for _ in range(2)]
    assert found[0] == found[1]


@pytest.mark.parametrize("digits", [1, 2, 8])
def test_the_figures_are_scikit_learns_also_where_scores_are_equal(digits: int) -> None:
    scores = GOOD.round(digits)
    found = compare(TRUTH, judged(scores), judged(scores), seed=0)
    faults = scores >= 0.55
    assert found.pr_auc.champion == pytest.approx(average_precision_score(TRUTH, scores))
    assert found.f1.champion == pytest.approx(f1_score(TRUTH, faults))
    assert found.recall.champion == pytest.approx(recall_score(TRUTH, faults))
    assert found.false_alarms.champion == pytest.approx(faults[~TRUTH].mean())


def test_a_row_that_stands_for_three_counts_as_three() -> None:
    thrice = np.where(np.arange(len(TRUTH)) % 7 == 0, 3, 1)
    weighted = compare(TRUTH, judged(GOOD), judged(SHUFFLED), seed=0, weights=thrice.astype(np.float64))
    repeated = np.repeat(np.arange(len(TRUTH)), thrice)
    spelt_out = compare(TRUTH[repeated], judged(GOOD[repeated]), judged(SHUFFLED[repeated]), seed=0)
    for name in ("pr_auc", "f1", "recall", "false_alarms"):
        assert getattr(weighted, name).challenger == pytest.approx(getattr(spelt_out, name).challenger), name


def test_what_is_far_apart_is_beyond_chance_and_what_is_near_is_not() -> None:
    nearly = np.clip(GOOD + RANDOM.normal(0, 0.02, len(GOOD)), 0, 1)
    assert compare(TRUTH, judged(GOOD), judged(SHUFFLED), seed=0).pr_auc.fell()
    assert compare(TRUTH, judged(SHUFFLED), judged(GOOD), seed=0).pr_auc.rose
    near = compare(TRUTH, judged(GOOD), judged(nearly), seed=0).pr_auc
    assert not near.fell()
    assert not near.rose


def test_the_interval_holds_the_true_difference_about_as_often_as_it_says() -> None:
    """Of models whose true difference is nothing: two kinds of noise of one size."""
    held = 0
    for seed in range(50):
        random = np.random.default_rng(seed)
        truth = random.random(300) < 0.2
        scores = [truth + random.normal(0, 0.8, len(truth)) for _ in range(2)]
        interval = compare(truth, judged(scores[0]), judged(scores[1]), seed).pr_auc.difference
        held += interval.low <= 0 <= interval.high
    assert 43 <= held <= 50


def test_a_sample_with_one_fault_gives_an_interval_too() -> None:
    truth = np.array([True, False, False])
    found = compare(truth, judged(np.array([0.9, 0.1, 0.2])), judged(np.array([0.1, 0.9, 0.2])), seed=0)
    assert found.pr_auc.fell()
