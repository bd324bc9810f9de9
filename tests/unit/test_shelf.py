"""What the wish to shelve a device comes to, and how it is told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.markup import PLAIN
from alerts.told import Told, told_text
from alerts.told_shelving import Shelved, ToldShelving
from alerts.unshelved_text import UnshelvedFacts, unshelved_text
from core.command import Command
from core.shelf import LONGEST, Shelving, Wish, read_wish, weigh

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "came_to"),
    [
        ("2h bearing is being changed", Shelving.SHELVED),
        ("24h\nbearing", Shelving.SHELVED),
        ("", Shelving.NO_TIME),
        ("bearing 2h", Shelving.NO_TIME),
        ("0m bearing", Shelving.NO_TIME),
        ("2h ", Shelving.NO_REASON),
        ("2d bearing", Shelving.TOO_LONG),
    ],
)
def test_a_shelf_needs_a_time_and_a_reason(words: str, came_to: Shelving) -> None:
    assert weigh(read_wish(words)) is came_to


def test_a_wish_keeps_its_reason_whole() -> None:
    assert read_wish(" 2h  bearing is 10m away ") == Wish(timedelta(hours=2), "bearing is 10m away")


@given(st.text())
def test_nothing_that_is_written_shelves_for_longer_than_a_day_or_without_a_reason(words: str) -> None:
    wish = read_wish(words)
    if weigh(wish) is Shelving.SHELVED:
        assert wish.lasting is not None
        assert timedelta(0) < wish.lasting <= LONGEST
        assert wish.reason.strip()


def told(came_to: Shelving, until: datetime | None = None) -> str:
    shelving = ToldShelving(came_to, "T-7", until, "bearing")
    return told_text(Told(Command.SHELVE, "Anna", shelving=shelving), "Europe/Berlin", PLAIN)


def test_what_became_of_a_wish_is_told_with_what_to_write_next() -> None:
    until = "Shelved until 13:00 CET, 1 Mar: alerts of T-7 wait until then. /unshelve T-7 ends it sooner."
    assert told(Shelving.SHELVED, NOON) == until
    assert told(Shelving.NO_TIME) == "For how long, and why? As in: /shelve T-7 2h bearing is being changed"
    assert told(Shelving.TOO_LONG) == "Nothing was shelved: 1 d at a time is the most."
    assert told(Shelving.UNSHELVED) == "Alerts of T-7 come again."
    assert all("T-7" in told(came_to) for came_to in Shelving if came_to is not Shelving.TOO_LONG)


def test_open_names_what_is_shelved() -> None:
    listed = Told(Command.OPEN, "Anna", shelved=(Shelved("T-7", NOON, "Ben", "bearing"),))
    assert told_text(listed, "UTC", PLAIN).splitlines() == [
        "No alert waits for an answer.",
        "Shelved: T-7 until 12:00 UTC, 1 Mar (Ben: bearing)",
    ]


def test_a_shelf_that_ended_says_what_is_still_open() -> None:
    words = unshelved_text(UnshelvedFacts(12, "T-7", NOON, "Ben", "bearing"), "UTC", PLAIN).splitlines()
    assert words[0] == "⚠ T-7 still needs attention"
    assert words[1:3] == [
        "It is not shelved any more (Ben: bearing)",
        "Alert #12, since 12:00 UTC, 1 Mar, has no answer yet",
    ]
