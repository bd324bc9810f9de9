import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from core.label import Verdict
from core.machine import IncidentPolicy
from core.promotion import Comparison, Interval, ReplayedAlert, before_last, compare, decide, would_alert

RANDOM = np.random.default_rng(7)
TRUTH = RANDOM.random(2_000) < 0.05
GOOD = np.clip(TRUTH * 0.6 + RANDOM.random(2_000) * 0.5, 0, 1)
SHUFFLED = RANDOM.permutation(GOOD)


def test_a_challenger_that_guesses_is_refused() -> None:
    decision = decide(compare(TRUTH, GOOD, SHUFFLED, seed=0), [])
    assert not decision.promote
    assert "worse on the hold-out" in decision.reason


def test_a_challenger_that_is_a_little_worse_by_chance_is_promoted() -> None:
    nearly = np.clip(GOOD + RANDOM.normal(0, 0.02, len(GOOD)), 0, 1)
    assert decide(compare(TRUTH, GOOD, nearly, seed=0), []).promote


def test_a_better_challenger_is_promoted() -> None:
    assert decide(compare(TRUTH, SHUFFLED, GOOD, seed=0), []).promote


def test_the_same_seed_gives_the_same_interval() -> None:
    assert compare(TRUTH, GOOD, SHUFFLED, seed=3) == compare(TRUTH, GOOD, SHUFFLED, seed=3)


@pytest.mark.parametrize("digits", [1, 2, 8])
def test_pr_auc_is_scikit_learns_also_where_scores_are_equal(digits: int) -> None:
    scores = GOOD.round(digits)
    assert compare(TRUTH, scores, scores, seed=0).champion == pytest.approx(average_precision_score(TRUTH, scores))


@pytest.mark.parametrize(
    ("replay", "promoted"),
    [
        ([], True),
        ([ReplayedAlert(1, Verdict.FALSE_ALARM, champion=True, challenger=False)], True),
        ([ReplayedAlert(1, Verdict.FAULT, champion=True, challenger=True)], True),
        ([ReplayedAlert(1, Verdict.FAULT, champion=False, challenger=False)], True),
        ([ReplayedAlert(1, Verdict.FAULT, champion=True, challenger=False)], False),
        (
            [
                ReplayedAlert(1, Verdict.FAULT, champion=True, challenger=False),
                ReplayedAlert(2, Verdict.FALSE_ALARM, champion=True, challenger=False),
            ],
            True,
        ),
    ],
    ids=["no verdicts", "spares", "keeps", "champion loses it too", "loses a fault", "loses one and spares one"],
)
def test_verdicts_decide_too(replay: list[ReplayedAlert], promoted: bool) -> None:
    even = Comparison(0.7, 0.7, Interval(-0.1, 0.1), rows=100, faults=10)
    decision = decide(even, replay)
    assert decision.promote is promoted
    assert promoted or "alerts 1" in decision.reason


@pytest.mark.parametrize(
    ("faults", "alerts"),
    [
        ([], False),
        ([True], True),
        ([False], False),
        ([True, False, False, True, False], False),
        ([True, False, True, False], True),
        ([True, False, False, True, True], True),
    ],
)
def test_an_incident_opens_again_where_k_of_n_readings_are_faults(faults: list[bool], alerts: bool) -> None:
    policy = IncidentPolicy(open_after=2, of_last=3)
    assert would_alert(np.array(faults, dtype=np.bool_), policy) is alerts


@pytest.mark.parametrize(
    ("promotions", "back_to"),
    [
        ([], None),
        ([("first", 1)], None),
        ([("first", 1), ("gate", 2)], 1),
        ([("first", 1), ("gate", 2), ("gate", 3), ("rollback", 2)], 1),
        ([("first", 1), ("gate", 2), ("rollback", 1)], None),
        ([("first", 1), ("gate", 2), ("rollback", 1), ("override", 2)], 1),
    ],
)
def test_a_rollback_goes_back_step_by_step(promotions: list[tuple[str, int]], back_to: int | None) -> None:
    assert before_last(promotions) == back_to
