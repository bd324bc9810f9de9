"""What is found out about alerts that were sent: edits of the one message, behind all that must ring."""

from collections.abc import Iterator, Sequence

import pytest

from core.digest import MOST_ALONE
from core.ports.chat import OutboxMessage
from core.reply import Reply
from db.alert_details import PostgresAlertDetails
from db.engine import connect
from tests.alert_world import ANNA, BEN, AlertWorld, alert_world

FACTS = {"pushed": [{"sensor": "temperature", "value": 95.0, "unit": "", "low": 50.0, "high": 80.0, "share": 1.0}]}


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url) as world:
        world.operator("Anna", ANNA)
        yield world


@pytest.fixture
def details(database_url: str) -> Iterator[PostgresAlertDetails]:
    engine = connect(database_url, "alerts")
    yield PostgresAlertDetails(engine)
    engine.dispose()


def sent(world: AlertWorld, most: int = 100, pause: float = 5) -> Sequence[OutboxMessage]:
    """What waits, sent; each message's reference is its number."""
    found: list[OutboxMessage] = []
    while len(found) < most:
        world.pass_time(pause)
        message = world.outbox.claim(["telegram"], "me")
        if message is None:
            break
        world.outbox.sent(message, str(message.id))
        found.append(message)
    return found


def answer(world: AlertWorld, alert: int) -> None:
    world.inbox.accept("telegram/4242", Reply("telegram", 1, "{}", str(ANNA), str(ANNA), "n", alert=alert))


def test_details_are_an_edit_of_each_message_and_found_once(world: AlertWorld, details: PostgresAlertDetails) -> None:
    world.operator("Ben", BEN)
    alert = world.alert()
    assert details.next() is None, "the words go first"
    alerts = sent(world)
    wanted = details.next()
    assert wanted
    assert wanted.alert == alert
    assert details.save(alert, FACTS)
    assert not details.save(alert, {"unexplained": "somebody was slower"})
    assert details.next() is None
    edits = sent(world)
    assert [(edit.kind, edit.edits) for edit in edits] == [("explained", str(one.id)) for one in alerts]
    assert all(edit.body["pushed"] == FACTS["pushed"] for edit in edits)


def test_details_wait_until_every_alert_of_the_chat_was_sent(world: AlertWorld, details: PostgresAlertDetails) -> None:
    first = world.alert("press-1")
    sent(world)
    details.save(first, FACTS)
    second = world.alert("press-2")
    assert [(one.kind, one.alert) for one in sent(world)] == [("alert", second), ("explained", first)]


def test_a_chart_replies_to_each_message_in_telegram_behind_the_words(
    world: AlertWorld, details: PostgresAlertDetails
) -> None:
    alert = world.alert()
    (first,) = sent(world)
    details.save(alert, FACTS, {"alert": alert})
    edit, chart = sent(world)
    assert (edit.kind, chart.kind, chart.edits, chart.replies_to) == ("explained", "chart", None, str(first.id))


def test_words_and_chart_wait_while_alerts_come_to_their_chat(world: AlertWorld, details: PostgresAlertDetails) -> None:
    alert = world.alert("press-1")
    sent(world)
    details.save(alert, FACTS, {"alert": alert})
    came = []
    for number in range(2, 5):  # one every other second
        world.alert(f"press-{number}")
        came += [one.kind for one in sent(world, most=2, pause=1)]
    assert came == ["alert"] * 3
    assert [one.kind for one in sent(world)] == ["explained", "chart"]


def test_a_chart_that_would_come_long_after_its_alert_is_not_sent(
    world: AlertWorld, details: PostgresAlertDetails
) -> None:
    alert = world.alert()
    sent(world)
    world.pass_time(601)
    details.save(alert, FACTS, {"alert": alert})
    assert [one.kind for one in sent(world)] == ["explained"]
    assert world.one("SELECT state FROM outbox WHERE kind = 'chart'") == "withheld"


def test_an_answer_and_details_are_both_shown_whichever_comes_last(
    world: AlertWorld, details: PostgresAlertDetails
) -> None:
    alert = world.alert()
    sent(world)
    details.save(alert, FACTS)
    answer(world, alert)
    edits = sent(world)
    assert [edit.kind for edit in edits] == ["answered", "explained"]
    assert all((edit.body["verdict"], edit.body["pushed"]) == ("false_alarm", FACTS["pushed"]) for edit in edits)


def test_a_message_that_was_not_sent_yet_says_all_of_it_at_once(
    world: AlertWorld, details: PostgresAlertDetails
) -> None:
    world.operator("Ben", BEN)
    alert = world.alert()
    sent(world, most=1)
    details.save(alert, FACTS)
    late, edit = sent(world)
    assert (late.kind, late.body["pushed"]) == ("alert", FACTS["pushed"])
    assert (edit.kind, edit.address) == ("explained", str(ANNA))


def test_alerts_that_a_digest_carries_are_not_looked_into(world: AlertWorld, details: PostgresAlertDetails) -> None:
    world.alerts([f"press-{number}" for number in range(MOST_ALONE + 1)])
    sent(world)
    assert details.next() is None
