"""Shelved devices on a real database: their alerts are held, and come when the shelf ends while they matter."""

from collections.abc import Iterator

import pytest

from alerts.buttons import Buttons
from alerts.render import TelegramRenderer
from core.ports.chat import OutboxMessage
from core.reply import Outcome, Reply
from tests.alert_world import ANNA, BEN, STRANGER, AlertWorld, alert_world

BOT = "telegram/4242"


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    """Anna gets the alerts; T-7 and T-8 are known."""
    with alert_world(database_url) as world:
        world.operator("Anna", ANNA)
        for device in ("T-7", "T-8"):
            end(world, world.alert(device))
        sent(world)
        yield world


def say(world: AlertWorld, text: str, number: int = 500, sender: int = ANNA) -> Outcome:
    """Without a message of its own, so that nothing but alerts is queued."""
    return world.inbox.accept(BOT, Reply("telegram", number, "{}", str(sender), str(sender), text)).kind


def sent(world: AlertWorld) -> list[OutboxMessage]:
    """All that can be sent now, sent."""
    found = []
    world.pass_time(5)
    while message := world.outbox.claim(["telegram"], "me"):
        world.outbox.sent(message, f"{message.id}00")
        found.append(message)
        world.pass_time(5)
    return found


def about(messages: list[OutboxMessage]) -> list[tuple[str, int | None]]:
    return [(message.kind, message.alert) for message in messages]


def end(world: AlertWorld, alert: int) -> None:
    """The alert's incident is over."""
    world.execute(
        "UPDATE incident SET closed_offset = last_offset, closed_time = last_time"
        " WHERE id = (SELECT incident FROM alert WHERE id = :alert)",
        alert=alert,
    )
    world.execute("DELETE FROM device_state")


def time_is_over(world: AlertWorld) -> None:
    world.execute("UPDATE shelf SET until = now() WHERE ended_at IS NULL")


def test_alerts_of_a_shelved_device_are_held_and_those_of_others_are_not_held_up(world: AlertWorld) -> None:
    assert say(world, "/shelve t-7 2h bearing is being changed") is Outcome.DONE
    shelved, other = world.alert("T-7"), world.alert("T-8")
    assert about(sent(world)) == [("alert", other)]
    assert world.one("SELECT count(*) FROM incident WHERE closed_offset IS NULL") == 2, "both are recorded"
    time_is_over(world)
    assert about(sent(world)) == [("alert", shelved)], "its incident is open still"
    assert about(sent(world)) == []


def test_an_alert_that_waits_already_when_its_device_is_shelved_is_held_too(world: AlertWorld) -> None:
    alert = world.alert("T-7")
    say(world, "/shelve T-7 2h bearing")
    assert sent(world) == []
    assert world.one("SELECT state FROM outbox WHERE alert = :alert", alert=alert) == "shelved"


def test_who_knows_of_an_open_incident_hears_of_it_again_when_the_shelf_ends(world: AlertWorld) -> None:
    alert = world.alert("T-7")
    (message,) = sent(world)
    say(world, "/shelve T-7 2h bearing")
    time_is_over(world)
    (again,) = sent(world)
    assert (again.kind, again.alert, again.replies_to) == ("unshelved", alert, f"{message.id}00")
    words = TelegramRenderer(Buttons("4242:secret"))(again)
    assert "not shelved any more (Anna: bearing)" in words.text
    assert words.buttons, "it can be answered"
    answer = Reply("telegram", 501, "{}", str(ANNA), str(ANNA), "n", replies_to=f"{again.id}00")
    assert world.inbox.accept(BOT, answer).kind is Outcome.LABELLED


@pytest.mark.parametrize("settled", ["over", "answered"])
def test_an_alert_that_does_not_matter_any_more_never_comes(world: AlertWorld, settled: str) -> None:
    say(world, "/shelve T-7 2h bearing")
    alert = world.alert("T-7")
    assert sent(world) == []
    if settled == "over":
        end(world, alert)
    else:
        world.inbox.accept("page", Reply("page", None, "{}", "1", "1", "n", alert=alert))
    time_is_over(world)
    assert sent(world) == []
    assert world.one("SELECT state FROM outbox WHERE kind = 'alert' AND alert = :alert", alert=alert) == "withheld"


def test_unshelve_lets_alerts_come_at_once_and_says_so_where_there_is_no_shelf(world: AlertWorld) -> None:
    say(world, "/shelve T-7 2h bearing", 500)
    alert = world.alert("T-7")
    assert say(world, "/unshelve T-7", 501) is Outcome.DONE
    assert about(sent(world)) == [("alert", alert)]
    assert say(world, "/unshelve T-7", 502) is Outcome.ASKED_BACK
    ((by, ended),) = world.rows("SELECT p.name, s.ended_at < s.until FROM shelf s JOIN operator p ON p.id = s.ended_by")
    assert (by, ended) == ("Anna", True)


def test_a_later_shelf_takes_the_place_of_an_earlier_one_and_the_same_update_makes_one(world: AlertWorld) -> None:
    say(world, "/shelve T-7 2h bearing", 500)
    say(world, "/shelve T-7 2h bearing", 500)
    say(world, "/shelve T-7 10m nearly done", 501)
    rows = world.rows("SELECT reason, ended_at IS NULL AS active FROM shelf ORDER BY id")
    assert [tuple(row) for row in rows] == [("bearing", False), ("nearly done", True)]


def test_what_is_unclear_or_foreign_shelves_nothing(world: AlertWorld) -> None:
    for number, words in enumerate(("T-7", "T-7 2h", "T-7 25h bearing", "T-9 2h bearing"), 500):
        assert say(world, f"/shelve {words}", number) is Outcome.ASKED_BACK
    assert say(world, "/shelve T-7 2h bearing", 510, STRANGER) is Outcome.WELCOMED
    assert world.one("SELECT count(*) FROM shelf") == 0


def test_a_digest_carries_no_alert_of_a_shelved_device(world: AlertWorld) -> None:
    say(world, "/shelve T-7 2h bearing")
    world.alerts(["T-7", *(f"press-{number}" for number in range(12))])
    (digest,) = sent(world)
    assert (digest.kind, digest.body["alerts"]) == ("digest", 12)


def test_an_answer_to_a_held_alert_holds_nothing_up(world: AlertWorld) -> None:
    world.operator("Ben", BEN)
    say(world, "/shelve T-7 2h bearing", 500)
    held = world.alert("T-7")
    for said in ("y", "/undo"):
        world.inbox.accept("page", Reply("page", None, "{}", "2", "2", said, alert=held))
    other = world.alert("T-8")
    assert about(sent(world)) == [("alert", other)] * 2, "one each, and no edit of what was never sent"
    world.inbox.accept("page", Reply("page", None, "{}", "2", "2", "n", alert=held))
    assert about(sent(world)) == []
