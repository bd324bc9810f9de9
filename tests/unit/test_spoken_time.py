"""Times and durations as people write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spoken_time import read_duration, read_since

BERLIN = "Europe/Berlin"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)  # 13:00 in Berlin
moments = st.integers(0, 2**31).map(lambda second: datetime.fromtimestamp(second, UTC))
zones = st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "no zone at all"])


@pytest.mark.parametrize(
    ("word", "minutes"),
    [("10m", 10), ("90min", 90), ("2h", 120), ("1h30m", 90), ("1D", 1440), ("0m", None), ("", None), ("10", None)],
)
def test_durations_are_read(word: str, minutes: int | None) -> None:
    assert read_duration(word) == (None if minutes is None else timedelta(minutes=minutes))


def test_a_clock_time_is_the_last_one_in_the_readers_zone() -> None:
    assert read_since("12:30", NOON, BERLIN) == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
    assert read_since("13:00", NOON, BERLIN) == NOON
    assert read_since("13:01", NOON, BERLIN) == datetime(2026, 2, 28, 12, 1, tzinfo=UTC), "that of yesterday"
    assert read_since("25:00", NOON, BERLIN) is None


def test_an_hour_that_clocks_show_twice_is_the_later_one_that_is_past() -> None:
    change = datetime(2026, 10, 25, 1, tzinfo=UTC)  # 03:00 becomes 02:00 in Berlin
    assert read_since("02:30", change + timedelta(minutes=45), BERLIN) == change + timedelta(minutes=30)
    assert read_since("02:30", change + timedelta(minutes=15), BERLIN) == change - timedelta(minutes=30)


@given(st.integers(0, 23), st.integers(0, 59), moments, zones)
def test_every_clock_time_lies_within_the_last_day_or_so(hour: int, minute: int, now: datetime, zone: str) -> None:
    since = read_since(f"{hour}:{minute:02}", now, zone)
    assert since is not None
    assert now - timedelta(hours=26) < since <= now
    if zone == BERLIN and since.astimezone(ZoneInfo(BERLIN)).hour == hour:
        assert since.astimezone(ZoneInfo(BERLIN)).minute == minute


@given(st.text(), moments, zones)
def test_any_word_is_read_or_is_no_time(word: str, now: datetime, zone: str) -> None:
    since = read_since(word, now, zone)
    assert since is None or since <= now
