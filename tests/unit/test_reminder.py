from datetime import datetime, timedelta
from typing import Any

import pytest

from core.alert_policy import AlertPolicy
from core.reminder import Retelling, Standing, Told, why_told_again
from core.severity import Severity
from tests.builders import NOON

POLICY = AlertPolicy(remind_after=1800, reminders=3)
HALF_PAST = NOON + timedelta(minutes=30)
TOLD = Told(Severity.MEDIUM, reminders=0, last=NOON, at=NOON)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def decided(told: Told = TOLD, clock: datetime = HALF_PAST, **changes: Any) -> Retelling:
    now = Standing(Severity.MEDIUM, open=True, answered=False, last=HALF_PAST)
    return why_told_again(told, now._replace(**changes), POLICY, clock)


def test_an_unanswered_incident_that_goes_on_is_told_again() -> None:
    assert decided() is Retelling.REMINDER
    assert decided().is_told


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"open": False}, Retelling.CLOSED),
        ({"answered": True}, Retelling.ANSWERED),
        ({"last": NOON + minutes(29)}, Retelling.NOTHING_NEW),
        ({"clock": NOON + minutes(29)}, Retelling.TOO_SOON),
        ({"told": TOLD._replace(reminders=3)}, Retelling.ENOUGH),
        ({"told": TOLD._replace(reminders=1)}, Retelling.NOTHING_NEW),
    ],
)
def test_it_is_not_told_again_where(changes: dict[str, Any], why: Retelling) -> None:
    assert decided(**changes) is why
    assert not why.is_told


def test_a_higher_severity_is_told_at_once_and_however_many_reminders_were_sent() -> None:
    assert decided(TOLD._replace(reminders=3), clock=NOON, severity=Severity.HIGH, last=NOON) is Retelling.WORSE


def test_who_answered_is_not_told_that_it_got_worse() -> None:
    assert decided(severity=Severity.HIGH, answered=True) is Retelling.ANSWERED


def test_a_backlog_that_is_read_in_a_minute_reminds_nobody() -> None:
    assert decided(clock=NOON + minutes(1), last=NOON + timedelta(days=3)) is Retelling.TOO_SOON


def test_a_stream_that_stands_still_reminds_nobody() -> None:
    assert decided(clock=NOON + timedelta(days=3), last=NOON) is Retelling.NOTHING_NEW


def test_a_clock_that_was_put_back_reminds_nobody() -> None:
    assert decided(clock=NOON - minutes(60)) is Retelling.TOO_SOON


def test_no_reminders_where_none_are_wanted() -> None:
    now = Standing(Severity.LOW, open=True, answered=False, last=NOON + timedelta(days=9))
    told = TOLD._replace(severity=Severity.LOW)
    assert why_told_again(told, now, AlertPolicy(reminders=0), NOON + timedelta(days=9)) is Retelling.ENOUGH
