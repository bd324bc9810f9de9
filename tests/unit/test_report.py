"""What a report of a missed fault comes to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.report import Heard, Report, Span, hear, read_report, span_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN = Report("press", "T-7")


@pytest.mark.parametrize(
    ("words", "since", "comment"),
    [
        ("", None, ""),
        ("10m", timedelta(minutes=10), ""),
        ("2h  humming loudly ", timedelta(hours=2), "humming loudly"),
        ("11:30\nhumming", timedelta(minutes=30), "humming"),
        ("humming 10m", None, "humming 10m"),
        ("10", None, "10"),
    ],
)
def test_a_report_says_since_when_and_why_or_neither(words: str, since: timedelta | None, comment: str) -> None:
    assert read_report("press", "T-7", words, NOON, "UTC") == (*PLAIN[:2], NOON - since if since else None, comment)


def test_a_report_reaches_from_when_it_began_to_when_it_was_sent() -> None:
    assert span_of(PLAIN, NOON) == Span(NOON - timedelta(minutes=10), NOON)
    assert span_of(PLAIN._replace(since=NOON - timedelta(hours=1)), NOON).since == NOON - timedelta(hours=1)


def test_what_a_report_comes_to() -> None:
    hour, days = Span(NOON - timedelta(hours=1), NOON), Span(NOON - timedelta(days=2), NOON)
    assert hear(PLAIN, hour, readings=12, new=12) is Heard.LABELLED
    assert hear(PLAIN, hour, readings=12, new=0) is Heard.REPEATED
    assert hear(PLAIN._replace(comment="humming"), hour, readings=12, new=0) is Heard.LABELLED, "it says more"
    assert hear(PLAIN, hour, readings=0, new=0) is Heard.NO_READINGS
    assert hear(PLAIN, days, readings=12, new=12) is Heard.TOO_LONG_AGO


@given(st.text())
def test_any_words_are_a_report(words: str) -> None:
    report = read_report("press", "T-7", words, NOON, "Europe/Berlin")
    assert report.since is None or report.since <= NOON
