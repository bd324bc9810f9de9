"""Quiet hours as people write them."""

from datetime import time

import pytest

from core.quiet import QuietHours, read_quiet_hours


@pytest.mark.parametrize("text", ["22:00-06:00", " 22:00 – 6:00 ", "22:00-6:00"])
def test_hours_are_read_as_people_write_them(text: str) -> None:
    assert read_quiet_hours(text) == QuietHours(time(22), time(6))


@pytest.mark.parametrize("text", ["", "22-6", "24:00-06:00", "22:60-06:00", "22:00", "22:00-22:00", "22:00-06:00 x"])
def test_what_are_no_hours_is_said_so(text: str) -> None:
    assert read_quiet_hours(text) is None


def test_hours_are_shown_as_they_are_read() -> None:
    assert read_quiet_hours(str(QuietHours(time(22, 30), time(6)))) == QuietHours(time(22, 30), time(6))
