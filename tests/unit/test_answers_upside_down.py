"""Answers that say the opposite of the model."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import fisher_exact

from core.answers_upside_down import AnswerCounts, answer_counts
from core.label import Verdict
from tests.model_builders import an_incident


@pytest.mark.parametrize(
    ("counts", "upside_down"),
    [
        ((0, 0, 0, 0), False),
        ((0, 12, 0, 0), False),
        ((0, 12, 2, 22), False),
        ((9, 3, 20, 4), False),
        ((1, 11, 20, 4), True),
        ((0, 5, 3, 0), False),
    ],
)
def test_only_the_opposite_of_the_model_is_upside_down(counts: tuple[int, int, int, int], upside_down: bool) -> None:
    assert AnswerCounts(*counts).upside_down == upside_down


def test_it_is_fishers_exact_test() -> None:
    random = np.random.default_rng(0)
    for most in [15] * 200 + [3000] * 20:
        found = AnswerCounts(*random.integers(0, most, 4).tolist())
        table = [[found.confirmed, found.refuted], [found.found, found.calm]]
        assert found.upside_down == (fisher_exact(table, alternative="less").pvalue < 0.001)


def test_reports_count_nowhere_and_a_question_is_no_alert() -> None:
    report = an_incident(Verdict.FAULT, [95.0], alert=None)
    question = replace(report, asked=True)
    alerts = [an_incident(verdict, [95.0]) for verdict in (Verdict.FAULT, Verdict.FALSE_ALARM, Verdict.MAINTENANCE)]
    assert answer_counts([report, question, *alerts]) == AnswerCounts(1, 1, 1, 0)
