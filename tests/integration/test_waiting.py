"""What waits in the outbox, as those see it who may only read."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from core.errors import NotSent, SendUnclear
from core.overdue import LIMIT_S, Overdue, Waiting, why_overdue
from core.ports.chat import OutboxMessage
from db.engine import connect
from db.waiting import PostgresWaiting
from tests.alert_world import ANNA, AlertWorld, alert_world


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url) as world:
        world.operator("Anna", ANNA)
        yield world


@pytest.fixture(params=["consumer", "grafana"])
def reader(database_url: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = connect(database_url, request.param)
    yield engine
    engine.dispose()


def claimed(world: AlertWorld) -> OutboxMessage:
    message = world.outbox.claim(("telegram",), "me")
    assert message is not None
    return message


def test_a_message_is_overdue_until_it_arrives_and_the_reason_is_known(world: AlertWorld, reader: Engine) -> None:
    waiting = PostgresWaiting(reader)
    assert waiting.look() == Waiting()
    world.alert()
    fresh = waiting.look()
    assert (fresh.waiting, fresh.overdue) == (1, 0)
    world.pass_time(LIMIT_S)
    assert why_overdue(waiting.look()) is Overdue.NOT_TRIED
    world.outbox.failed(claimed(world), NotSent("refused"))
    found = waiting.look()
    assert (why_overdue(found), found.overdue, found.tries, found.error) == (Overdue.REFUSED, 1, 1, "refused")
    assert found.oldest_s >= LIMIT_S
    world.pass_time(60)
    world.outbox.sent(claimed(world), "70")
    assert waiting.look() == Waiting()


def test_details_that_wait_behind_all_else_are_not_overdue(world: AlertWorld, reader: Engine) -> None:
    alert = world.alert()
    world.deliver(alert)
    world.execute(
        "INSERT INTO outbox (channel, address, zone, kind, alert, body, edits)"
        " SELECT channel, address, zone, 'chart', alert, '{}', id FROM outbox"
    )
    world.pass_time(LIMIT_S)
    assert PostgresWaiting(reader).look() == Waiting()


def test_what_was_given_up_waits_no_more(world: AlertWorld, reader: Engine) -> None:
    world.alert()
    for _ in range(3):
        world.pass_time(LIMIT_S)
        world.outbox.failed(claimed(world), SendUnclear("no answer"))
    assert PostgresWaiting(reader).look() == Waiting()
