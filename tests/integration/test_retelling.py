"""Incidents that are told again: once for each severity and reminder, to each chat, whatever dies."""

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import Engine

from core.alert_policy import AlertPolicy
from core.digest import MOST_ALONE
from core.errors import ChatMoved
from core.ports.chat import OutboxMessage
from core.reply import Outcome, Reply
from core.severity import Severity
from db.engine import connect
from db.restored import forget_the_lost_time
from db.retelling import PostgresRetellings
from tests.alert_world import ANNA, BEN, AlertWorld, alert_world
from tests.builders import NOON

# Hot is 95 % likely a fault, hotter 97 %.
POLICY = AlertPolicy(medium_probability=0.5, high_probability=0.96, remind_after=60, reminders=2)


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url, POLICY, clock_stands=True) as world:
        world.operator("Anna", ANNA)
        yield world


@pytest.fixture
def alerts(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "alerts")
    yield engine
    engine.dispose()


@pytest.fixture
def retellings(alerts: Engine) -> PostgresRetellings:
    return PostgresRetellings(alerts, {"press": POLICY})


def claimed(world: AlertWorld) -> OutboxMessage | None:
    world.pass_time(5)
    return world.outbox.claim(["telegram"], "me")


def sent(world: AlertWorld) -> Sequence[OutboxMessage]:
    """All that waits, sent; each message's reference is its number."""
    found = []
    while message := claimed(world):
        world.outbox.sent(message, str(message.id))
        found.append(message)
    return found


def goes_on(world: AlertWorld, seconds: int) -> None:
    """The fault goes on for so long, by the readings' time and by the clock."""
    world.alerts(["press-1"] * (seconds // 2))
    world.pass_time(seconds)


def said(world: AlertWorld, update: int, text: str, **more: object) -> Outcome:
    reply = Reply("telegram", update, "{}", str(ANNA), str(ANNA), text, reference="7", **more)  # type: ignore[arg-type]
    return world.inbox.accept("telegram/4242", reply).kind


def test_what_became_worse_is_a_new_message_that_replies_to_the_first(
    world: AlertWorld, retellings: PostgresRetellings
) -> None:
    alert = world.alert()
    (first,) = sent(world)
    assert first.body["severity"] == Severity.MEDIUM
    world.hotter(1)
    assert retellings.queue() == 1
    (again,) = sent(world)
    assert (again.kind, again.alert, again.replies_to, again.edits) == ("again", alert, str(first.id), None)
    assert [again.body[name] for name in ("again", "severity", "probability", "lasted")] == ["worse", 3, 0.97, 3.0]
    world.hotter(5)
    assert retellings.queue() == 0, "each severity once"


def test_it_is_queued_once_for_each_chat_however_many_dispatchers_look_and_whatever_is_killed(
    world: AlertWorld, retellings: PostgresRetellings, alerts: Engine
) -> None:
    world.operator("Ben", BEN)
    world.alert()
    assert len(sent(world)) == 2
    world.hotter(1)
    another = PostgresRetellings(alerts, {"press": POLICY})
    assert sorted([retellings.queue(), another.queue()]) == [0, 2]
    first, second = claimed(world), claimed(world)
    assert first
    assert second
    assert another.queue() == 0, "it is on its way"
    world.pass_time(61)  # their senders were killed
    assert claimed(world) is None, "they wait a moment: perhaps they arrived"
    repeats = sent(world)
    assert [message.possible_repeat for message in repeats] == [True, True]
    assert {message.address for message in repeats} == {str(ANNA), str(BEN)}
    assert another.queue() == 0


def test_what_became_worse_before_it_was_sent_is_one_message(world: AlertWorld, retellings: PostgresRetellings) -> None:
    world.alert()
    world.hotter(1)
    assert retellings.queue() == 0
    (first,) = sent(world)
    assert (first.kind, first.body["severity"]) == ("alert", Severity.HIGH)
    assert retellings.queue() == 0


def test_an_incident_that_goes_on_unanswered_is_told_again_and_waits_twice_as_long_each_time(
    world: AlertWorld, retellings: PostgresRetellings
) -> None:
    world.alert()
    (first,) = sent(world)
    goes_on(world, 30)
    assert retellings.queue() == 0
    goes_on(world, 30)
    assert retellings.queue() == 1
    (again,) = sent(world)
    assert (again.kind, again.body["again"], again.replies_to) == ("again", "reminder", str(first.id))
    goes_on(world, 60)
    assert retellings.queue() == 0
    world.pass_time(600)
    assert retellings.queue() == 0, "by event time it did not go on"
    goes_on(world, 60)
    assert retellings.queue() == 1
    assert len(sent(world)) == 1
    world.pass_time(10_000)
    goes_on(world, 200)
    assert retellings.queue() == 0, "that is enough"


def test_a_chat_that_is_away_gathers_no_reminders(world: AlertWorld, retellings: PostgresRetellings) -> None:
    world.alert()
    sent(world)
    goes_on(world, 60)
    assert retellings.queue() == 1
    goes_on(world, 400)
    assert retellings.queue() == 0, "the one before it still waits"


def test_an_answer_stops_what_waits_to_be_told_again_and_is_shown_in_what_was(
    world: AlertWorld, retellings: PostgresRetellings
) -> None:
    world.alert()
    sent(world)
    world.hotter(1)
    retellings.queue()
    (worse,) = sent(world)
    goes_on(world, 60)
    assert retellings.queue() == 1
    assert said(world, 1, "n", replies_to=str(worse.id)) is Outcome.LABELLED
    after = sent(world)
    assert [message.kind for message in after] == ["answered", "answered", "receipt"]
    assert after[1].edits == str(worse.id)
    assert after[1].body["again"] == "worse"
    assert world.rows("SELECT state FROM outbox WHERE body->>'again' = 'reminder'") == [("withheld",)]
    said(world, 2, "/undo")
    sent(world)
    assert retellings.queue() == 1, "nobody heard the reminder that was dropped"


def test_who_does_not_answer_is_reminded_of_what_a_restore_took_as_told(
    world: AlertWorld, retellings: PostgresRetellings, owner: Engine
) -> None:
    alert = world.alert()
    with owner.begin() as connection:
        assert forget_the_lost_time(connection, NOON, {}) == 1
    world.hotter(1)
    goes_on(world, 30)
    assert (retellings.queue(), sent(world)) == (0, []), "nobody knows of which severity people have heard"
    goes_on(world, 30)
    world.execute("UPDATE ingest_partition SET told_until = next_offset + 1")
    assert retellings.queue() == 0, "it may be over in what is read again"
    world.execute("UPDATE ingest_partition SET told_until = next_offset")
    assert retellings.queue() == 1
    (again,) = sent(world)
    assert (again.kind, again.alert, again.replies_to) == ("again", alert, None)
    assert (again.body["again"], again.body["severity"]) == ("reminder", Severity.HIGH)
    goes_on(world, 60)
    assert retellings.queue() == 0, "the next one waits twice as long"
    assert said(world, 1, "n", replies_to=str(again.id)) is Outcome.LABELLED


def test_what_is_over_is_not_told_again(world: AlertWorld, retellings: PostgresRetellings) -> None:
    world.alert()
    sent(world)
    world.hotter(1)
    world.execute("UPDATE incident SET closed_offset = last_offset, closed_time = last_time")
    assert retellings.queue() == 0


def test_a_chat_that_moved_is_not_told_twice(world: AlertWorld, retellings: PostgresRetellings) -> None:
    world.alert()
    sent(world)
    world.hotter(1)
    retellings.queue()
    again = claimed(world)
    assert again
    world.outbox.failed(again, ChatMoved("-100"))
    assert [message.address for message in sent(world)] == ["-100"]
    assert retellings.queue() == 0


def test_many_that_nobody_answers_are_told_again_in_one_digest(
    world: AlertWorld, retellings: PostgresRetellings
) -> None:
    devices = [f"press-{number}" for number in range(MOST_ALONE + 2)]
    world.alerts(devices)
    (flood,) = sent(world)
    world.alerts(devices * 3)
    world.pass_time(60)
    assert retellings.queue() == len(devices)
    (again,) = sent(world)
    assert (flood.kind, again.kind, again.body["reason"], again.body["alerts"]) == (
        "digest",
        "digest",
        "unanswered",
        len(devices),
    )
    assert retellings.queue() == 0


def test_who_left_is_told_nothing_more(world: AlertWorld, retellings: PostgresRetellings) -> None:
    world.alert()
    sent(world)
    world.hotter(1)
    world.operators.remove("Anna")
    assert retellings.queue() == 0


def test_the_end_of_a_shelf_tells_of_an_open_incident_and_no_reminder_comes_beside_it(
    world: AlertWorld, retellings: PostgresRetellings
) -> None:
    alert = world.alert()
    sent(world)
    shelve = Reply("telegram", 500, "{}", str(ANNA), str(ANNA), "/shelve press-1 1h bearing")
    assert world.inbox.accept("telegram/4242", shelve).kind is Outcome.DONE
    goes_on(world, 120)
    assert retellings.queue() == 0, "it is shelved"
    world.execute("UPDATE shelf SET until = now()")
    assert [(one.kind, one.alert) for one in sent(world)] == [("unshelved", alert)]
    assert retellings.queue() == 0, "it was told a moment ago"
    goes_on(world, 120)
    assert retellings.queue() == 1
