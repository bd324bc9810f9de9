"""What is found out about alerts that were sent: edits of the one message, behind all that must ring."""

from collections.abc import Iterator, Sequence

import pytest

from core.digest import MOST_ALONE
from core.ports.chat import OutboxMessage
from core.reply import Outcome, Reply
from db.alert_details import PostgresAlertDetails
from db.engine import connect
from tests.alert_world import ANNA, BEN, AlertWorld, alert_world
from tests.builders import a_machine

FACTS = {"pushed": [{"sensor": "temperature", "value": 95.0, "unit": "", "low": 50.0, "high": 80.0, "share": 1.0}]}


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url, clock_stands=True) as world:
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


def ask_for(world: AlertWorld, alert: int, update: int = 2) -> Outcome:
    asked = Reply("telegram", update, "{}", str(ANNA), str(ANNA), f"/alert_{alert}", reference="900")
    return world.inbox.accept("telegram/4242", asked).kind


def test_an_alert_in_a_digest_is_shown_whole_to_who_asks_for_it(
    world: AlertWorld, details: PostgresAlertDetails
) -> None:
    for number in range(MOST_ALONE + 1):
        world.alert(f"press-{number}")
    (digest,) = sent(world)
    assert ask_for(world, 3) is Outcome.DONE
    (shown,) = sent(world)
    assert (shown.kind, shown.alert, shown.body["device"], shown.replies_to) == ("shown", 3, "press-2", "900")
    wanted = details.next()
    assert wanted is not None
    assert wanted.alert == 3
    details.save(3, FACTS, {"alert": 3})
    assert [(one.kind, one.edits, one.replies_to) for one in sent(world)] == [
        ("explained", str(shown.id), "900"),
        ("chart", None, str(shown.id)),
    ]
    assert details.next() is None, "the others of the digest were not asked for"
    answer(world, 3)
    edits = {one.edits: one for one in sent(world)}
    assert set(edits) == {str(shown.id), str(digest.id)}
    assert edits[str(shown.id)].body["verdict"] == "false_alarm"


def test_an_alert_that_is_shown_again_says_how_it_was_answered_and_when_that_is_taken_back(world: AlertWorld) -> None:
    alert = world.alert()
    sent(world)
    answer(world, alert)
    sent(world)
    ask_for(world, alert)
    (shown,) = sent(world)
    assert (shown.kind, shown.body["verdict"]) == ("shown", "false_alarm")
    world.inbox.accept("telegram/4242", Reply("telegram", 3, "{}", str(ANNA), str(ANNA), "/undo", alert=alert))
    assert ["verdict" in one.body for one in sent(world)] == [False, False], "on the first message and on this one"


def test_a_reply_to_an_alert_that_is_shown_answers_it(world: AlertWorld) -> None:
    alert = world.alert()
    world.alert("press-2")
    sent(world)
    ask_for(world, alert)
    (shown,) = sent(world)
    reply = Reply("telegram", 3, "{}", str(ANNA), str(ANNA), "n", replies_to=str(shown.id))
    assert world.inbox.accept("telegram/4242", reply).kind is Outcome.LABELLED
    assert world.rows("SELECT alert FROM label") == [(alert,)]


@pytest.mark.parametrize("argument", ["", "12", "#999", "press-1", "9" * 40])
def test_an_alert_that_nobody_was_told_of_is_asked_back_for(world: AlertWorld, argument: str) -> None:
    reply = Reply("telegram", 2, "{}", str(ANNA), str(ANNA), f"/alert {argument}", reference="900")
    assert world.inbox.accept("telegram/4242", reply).kind is Outcome.ASKED_BACK
    (told,) = sent(world)
    assert (told.kind, told.body["argument"]) == ("told", argument)


def test_who_does_not_follow_a_machine_is_shown_none_of_its_alerts(world: AlertWorld) -> None:
    alert = world.alert()
    sent(world)
    world.registered(a_machine("saw"))
    world.execute("UPDATE subscription SET machine = (SELECT id FROM machine WHERE name = 'saw')")
    assert ask_for(world, alert) is Outcome.ASKED_BACK
