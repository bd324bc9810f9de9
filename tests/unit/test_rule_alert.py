"""What Prometheus' rules found, and when engineers hear of it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.telemetry.rules import RuleAlerts
from core.errors import Unavailable
from core.rule_alert import News, RuleAlert, told, why_tell

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(minutes=4), NOW - timedelta(minutes=1)
TOKEN = "t" * 64
RINGS = {
    "labels": {"alertname": "OutboxGrows", "severity": "page"},
    "annotations": {"summary": "Messages to people wait", "runbook": "docs/operations.md#outboxgrows"},
    "startsAt": EARLIER.isoformat(),
    "endsAt": LATER.isoformat(),
    "generatorURL": "http://prometheus:9090/graph",
}


@pytest.mark.parametrize(
    ("rang_until", "rings_until", "news"),
    [
        (None, LATER, News.BEGUN),
        (LATER, LATER, News.NONE),
        (LATER, EARLIER, News.OVER),
        (EARLIER, EARLIER, News.NONE),
        (None, EARLIER, News.NONE),
        (EARLIER, LATER, News.BEGUN),
    ],
)
def test_engineers_hear_of_it_as_it_begins_and_as_it_ends(
    rang_until: datetime | None, rings_until: datetime, news: News
) -> None:
    assert why_tell(rang_until, rings_until, NOW) is news


@pytest.mark.parametrize("ends_at", [None, datetime(1, 1, 1, tzinfo=UTC)])
def test_one_that_names_no_end_rings(ends_at: datetime | None) -> None:
    assert RuleAlert(labels={}, ends_at=ends_at).rings_until(NOW) > NOW


def test_it_is_told_with_what_to_do_and_later_that_it_is_over() -> None:
    labels, annotations = RINGS["labels"], RINGS["annotations"]
    assert isinstance(labels, dict)
    assert isinstance(annotations, dict)
    begun = told(News.BEGUN, labels, annotations)
    assert begun == "🔧 Messages to people wait.\nWhat to do: docs/operations.md#outboxgrows"
    assert told(News.OVER, labels, annotations) == "✅ Over: Messages to people wait"
    assert told(News.BEGUN, labels, {}) == "🔧 OutboxGrows."
    assert len(told(News.BEGUN, labels, {"summary": "x" * 10_000})) < 600


class Taken(list[RuleAlert]):
    away = False

    def take(self, alerts: Sequence[RuleAlert]) -> None:
        if self.away:
            raise Unavailable("the database is away")
        self.extend(alerts)


def posted(taken: Taken, body: Any, authorization: str = f"Bearer {TOKEN}", token: str = TOKEN) -> int:
    return RuleAlerts(token, taken.take)(authorization, json.dumps(body).encode()).status


def test_what_prometheus_posts_is_taken() -> None:
    taken = Taken()
    assert posted(taken, [RINGS]) == 200
    assert [alert.labels["alertname"] for alert in taken] == ["OutboxGrows"]
    assert taken[0].ends_at == LATER


@pytest.mark.parametrize("authorization", ["", "Bearer ", f"Bearer {TOKEN}x", "Bearer ünknown"])
def test_nothing_is_taken_from_who_does_not_know_the_token(authorization: str) -> None:
    taken = Taken()
    assert posted(taken, [RINGS], authorization) == 401
    assert posted(taken, [RINGS], authorization, token="") == 401
    assert not taken


@pytest.mark.parametrize("body", [{}, "x", [{"labels": 1}], [{"labels": {"a": 1}}], [{}], [RINGS] * 1001])
def test_what_is_no_list_of_alerts_is_refused(body: object) -> None:
    taken = Taken()
    assert posted(taken, body) in (400, 413)
    assert not taken


def test_while_the_database_is_away_prometheus_is_told_to_say_it_again() -> None:
    taken = Taken()
    taken.away = True
    assert posted(taken, [RINGS]) == 503
