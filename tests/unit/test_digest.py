import pytest

from core.digest import MOST_ALONE, Grouping, why_digest


@pytest.mark.parametrize(
    ("alerts", "waited_s", "grouping"),
    [
        (1, 0.0, Grouping.NONE),
        (MOST_ALONE, 3600.0, Grouping.NONE),
        (MOST_ALONE + 1, 0.0, Grouping.AT_ONCE),
        (300, 60.0, Grouping.AT_ONCE),
        (300, 61.0, Grouping.BACKLOG),
    ],
)
def test_many_that_wait_are_told_in_one_and_a_few_alone(alerts: int, waited_s: float, grouping: Grouping) -> None:
    assert why_digest(alerts, waited_s) is grouping


def test_many_that_were_told_before_are_told_again_in_one() -> None:
    assert why_digest(MOST_ALONE + 1, 0.0, again=True) is Grouping.UNANSWERED
    assert why_digest(MOST_ALONE, 0.0, again=True) is Grouping.NONE
