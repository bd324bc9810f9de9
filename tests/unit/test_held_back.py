"""Which answers judge."""

from datetime import date, timedelta

import pytest

from core.held_back import FIRST, ONE_OF, is_held_back

DAYS = [date(2026, 3, 1) + timedelta(days=day) for day in range(400)]


@pytest.mark.parametrize("place", [0, FIRST - 1])
def test_the_first_answers_all_train(place: int) -> None:
    assert not any(is_held_back("press-1", day, place) for day in DAYS)


def test_of_the_later_ones_about_a_fifth_judges() -> None:
    held = [is_held_back(f"press-{device}", day, FIRST) for device in range(10) for day in DAYS]
    assert sum(held) / len(held) == pytest.approx(1 / ONE_OF, abs=0.02)


def test_a_device_is_on_one_side_for_a_day_whatever_was_judged_before() -> None:
    for day in DAYS[:50]:
        assert len({is_held_back("press-1", day, place) for place in range(FIRST, FIRST + 100)}) == 1
