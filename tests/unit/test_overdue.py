"""Messages that wait for too long are told of by somebody else than the dispatcher."""

import threading

import pytest

from app.outbox_watch import OutboxWatch
from core.errors import NotSent, Unavailable
from core.overdue import Overdue, Waiting, overdue_words, why_overdue

QUIET = Waiting(waiting=3, oldest_s=299.0)
UNSENT = Waiting(waiting=9, oldest_s=720.0, overdue=4)
REFUSED = Waiting(waiting=9, oldest_s=720.0, overdue=4, tries=31, error="refused")


class Outbox:
    """Also the clock."""

    def __init__(self) -> None:
        self.found = QUIET
        self.now = 0.0
        self.is_our_turn = True

    def look(self) -> Waiting:
        return self.found

    def take_turn(self, pause_s: float) -> bool:
        return self.is_our_turn


def nobody(words: str) -> None:
    """No service is named."""


def test_what_is_overdue_has_a_reason_and_a_remedy() -> None:
    assert [why_overdue(found) for found in (QUIET, UNSENT, REFUSED)] == list(Overdue)
    assert overdue_words(QUIET) == ""
    assert overdue_words(UNSENT) == (
        "messages to people wait: 4 for too long, the oldest for 12 minutes, and nobody tried to send it:"
        " is ./run alerts running, with its TELEGRAM_BOT_TOKEN?"
    )
    assert overdue_words(REFUSED).endswith("after 31 tries: refused")


def test_a_dispatcher_that_is_silent_is_an_error_again_and_again_until_it_sends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    outbox = Outbox()
    watch = OutboxWatch(outbox, threading.Event(), nobody, lambda: outbox.now)
    for minute in range(12):
        outbox.now = minute * 60.0
        outbox.found = QUIET if minute == 0 else UNSENT
        watch.turn()
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"], "at once, and after ten minutes"
    outbox.found = QUIET
    watch.turn()
    watch.turn()
    assert [record.message for record in caplog.records][2:] == ["messages to people are on their way again"]


def test_engineers_are_told_past_the_outbox_by_one_process_of_all() -> None:
    told: list[str] = []
    ours, others = Outbox(), Outbox()
    others.is_our_turn = False
    for outbox in (ours, others):
        outbox.found = REFUSED
        OutboxWatch(outbox, threading.Event(), told.append).turn()
    assert told == [f"Faultline: {overdue_words(REFUSED)}"]


def test_a_service_that_takes_no_words_ends_no_watch(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(words: str) -> None:
        assert words
        raise NotSent("slack-1a2b3c4d did not take it")

    outbox = Outbox()
    outbox.found = UNSENT
    OutboxWatch(outbox, threading.Event(), refuse).turn()
    assert [record.message for record in caplog.records][1:] == [
        "engineers could not be told past the outbox: slack-1a2b3c4d did not take it"
    ]


def test_a_database_that_is_away_ends_no_watch(caplog: pytest.LogCaptureFixture) -> None:
    class Away(Outbox):
        looks = 0

        def look(self) -> Waiting:
            self.looks += 1
            if self.looks == 1:
                raise Unavailable("the database is away")
            return UNSENT

    class Twice(threading.Event):
        left = 2

        def wait(self, timeout: float | None = None) -> bool:
            self.left -= 1
            return self.left < 0

    OutboxWatch(Away(), Twice(), nobody).run()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
