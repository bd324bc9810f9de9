"""What the bot says to a report of a missed fault."""

from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.markup import HTML, PLAIN
from alerts.told import Told, told_text
from alerts.told_report import Asked, ToldReport
from core.command import Command
from core.device_meant import Unclear
from core.report import Heard

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def told(heard: Heard, readings: int = 12, newest: datetime | None = NOON) -> str:
    report = ToldReport(heard, "press", "T-7", readings, NOON, newest)
    return told_text(Told(Command.FAULT, "Anna", report=report), "Europe/Berlin", PLAIN)


def test_a_report_is_confirmed_in_words() -> None:
    words = "Thank you. 12 readings of T-7 since 13:00 CET, 1 Mar are a fault now; /undo takes it back."
    assert told(Heard.LABELLED) == words
    assert told(Heard.LABELLED, 1).startswith("Thank you. One reading of T-7 since 13:00 CET, 1 Mar is a fault now")
    assert told(Heard.REPEATED) == "Already noted: T-7 since 13:00 CET, 1 Mar."


def test_a_report_that_came_to_nothing_says_why_and_what_to_write() -> None:
    assert told(Heard.TOO_LONG_AGO) == "Nothing was noted: a report reaches back 1 d at most."
    words = told(Heard.NO_READINGS)
    assert words.startswith("Nothing was noted: T-7 has no scored reading since 13:00 CET, 1 Mar; its newest is of ")
    assert words.endswith("Write since when: /fault T-7 13:00")
    assert told(Heard.NO_READINGS, newest=None).endswith("since 13:00 CET, 1 Mar.")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ((Unclear.NO_DEVICE,), "Which device? /devices lists them, as in: /fault press-3 10m humming"),
        (
            (Unclear.UNKNOWN_DEVICE, ("T-7", "T-8"), "T7"),
            "You follow no device named like T7. Did you mean T-7, T-8?",
        ),
        ((Unclear.UNKNOWN_DEVICE, (), "T7"), "You follow no device named like T7. /devices lists them."),
        (
            (Unclear.WHICH_MACHINE, ("press/T-7", "pump/T-7"), "T-7"),
            "Several machines have a device of that name. Write /fault press/T-7 or /fault pump/T-7",
        ),
    ],
)
def test_what_is_unclear_is_asked_back(asked: Any, words: str) -> None:
    question = Asked(*asked)
    assert told_text(Told(Command.FAULT, "Anna", asked=question), "UTC", PLAIN) == words


def test_no_question_is_longer_than_telegram_takes_nor_is_a_name_more_than_text() -> None:
    question = Asked(Unclear.WHICH_MACHINE, tuple("<b>" * 200 for _ in range(50)), "&" * 4000)
    words = told_text(Told(Command.FAULT, "Anna", asked=question), "UTC", HTML)
    assert "<b>" not in words
    assert len(words) <= 4096
