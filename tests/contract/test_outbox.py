"""One suite for the outbox in memory and for the outbox on Postgres."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import pytest
from sqlalchemy import Engine, text

from core.digest import MOST_ALONE
from core.errors import ChatMoved, NotSent, SendUnclear, Unauthorised, Undeliverable
from core.ports.chat import Outbox, OutboxMessage
from db.engine import connect
from db.outbox import PostgresOutbox
from tests.alert_world import pass_time
from tests.fake_outbox import FakeOutbox
from tests.stopped_clock import stop_clock

TELEGRAM = ("telegram",)


class Rig(Protocol):
    """An outbox, somebody who fills it, and time that passes."""

    @property
    def outbox(self) -> Outbox: ...
    def put(
        self, address: str, channel: str = "telegram", *, kind: str = "receipt", edits: int | None = None
    ) -> int: ...
    def over(self, message: int) -> None: ...
    def state(self, message: int) -> str: ...
    def wait(self, seconds: float) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self.outbox = FakeOutbox()

    def put(self, address: str, channel: str = "telegram", *, kind: str = "receipt", edits: int | None = None) -> int:
        return self.outbox.put(address, channel, kind=kind, edits=edits)

    def over(self, message: int) -> None:
        self.outbox.entries[message - 1].moot = True

    def state(self, message: int) -> str:
        return self.outbox.entries[message - 1].state

    def wait(self, seconds: float) -> None:
        self.outbox.now += seconds


class OnPostgres:
    def __init__(self, alerts: Engine, owner: Engine) -> None:
        self.outbox = PostgresOutbox(alerts)
        self._owner = owner

    def put(self, address: str, channel: str = "telegram", *, kind: str = "receipt", edits: int | None = None) -> int:
        with self._owner.begin() as connection:
            number: int = connection.execute(
                text(
                    "INSERT INTO outbox (channel, address, kind, body, edits)"
                    " VALUES (:channel, :address, :kind, '{}', :edits) RETURNING id"
                ),
                {"channel": channel, "address": address, "kind": kind, "edits": edits},
            ).scalar_one()
        return number

    def over(self, message: int) -> None:
        with self._owner.begin() as connection:
            connection.execute(text(_OVER), {"message": message})

    def state(self, message: int) -> str:
        with self._owner.begin() as connection:
            found: str = connection.execute(
                text("SELECT state FROM outbox WHERE id = :id"), {"id": message}
            ).scalar_one()
        return found

    def wait(self, seconds: float) -> None:
        pass_time(self._owner, seconds)


_OVER = """
    WITH machine AS (INSERT INTO machine (name, task, sensors) VALUES ('press', 'fault', '{}') RETURNING id),
         topic AS (INSERT INTO topic (name, machine) SELECT 'readings.press', id FROM machine RETURNING id),
         device AS (INSERT INTO device (machine, name) SELECT id, 'press-1' FROM machine RETURNING id),
         incident AS (
             INSERT INTO incident (machine, device, topic, kafka_partition, since_offset, since_time, opened_offset,
                                   opened_time, last_offset, last_time, closed_offset, closed_time, faults, peak,
                                   model_version)
             SELECT machine.id, device.id, topic.id, 0, 1, now(), 1, now(), 1, now(), 2, now(), 1, 0.9, 1
               FROM machine, topic, device RETURNING id),
         alert AS (INSERT INTO alert (incident, probability, standing_out, model_version)
                   SELECT id, 0.9, '[]', 1 FROM incident RETURNING id)
    UPDATE outbox SET alert = (SELECT id FROM alert) WHERE id = :message"""


@pytest.fixture(params=["fake", "postgres"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "fake":
        yield InMemory()
        return
    owner = request.getfixturevalue("owner")
    stop_clock(owner)
    engine = connect(request.getfixturevalue("database_url"), "alerts")
    yield OnPostgres(engine, owner)
    engine.dispose()


def claimed(rig: Rig) -> OutboxMessage:
    message = rig.outbox.claim(TELEGRAM, "me")
    assert message is not None
    return message


def send_all(rig: Rig) -> list[int]:
    """Send what can be sent now; the ids, in order."""
    ids = []
    while message := rig.outbox.claim(TELEGRAM, "me"):
        rig.outbox.sent(message, f"ref-{message.id}")
        ids.append(message.id)
        rig.wait(0.05)
    return ids


def many(rig: Rig, count: int = MOST_ALONE + 1, channel: str = "telegram") -> list[int]:
    """So many alerts for one chat, waiting."""
    return [rig.put("7", channel, kind="alert") for _ in range(count)]


def states(rig: Rig, messages: Sequence[int]) -> set[str]:
    return {rig.state(message) for message in messages}


def test_an_empty_outbox_has_nothing_to_send(rig: Rig) -> None:
    assert rig.outbox.claim(TELEGRAM, "me") is None
    assert rig.outbox.due(TELEGRAM) is None


def test_a_claimed_message_is_not_claimed_twice(rig: Rig) -> None:
    rig.put("7")
    assert claimed(rig).address == "7"
    rig.wait(5)
    assert rig.outbox.claim(TELEGRAM, "another") is None


def test_one_message_a_chat_is_in_flight_and_other_chats_go_on(rig: Rig) -> None:
    first, _, other = rig.put("7"), rig.put("7"), rig.put("8")
    assert claimed(rig).id == first
    rig.wait(5)
    assert claimed(rig).id == other
    rig.wait(5)
    assert rig.outbox.claim(TELEGRAM, "me") is None


def test_a_chat_gets_its_messages_in_order(rig: Rig) -> None:
    first, second = rig.put("7"), rig.put("7")
    rig.outbox.failed(claimed(rig), NotSent("refused"))
    rig.wait(1)
    assert rig.outbox.claim(TELEGRAM, "me") is None
    rig.wait(1)
    assert send_all(rig) == [first]
    rig.wait(1)
    assert send_all(rig) == [second]


def test_what_was_sent_is_done(rig: Rig) -> None:
    number = rig.put("7")
    rig.outbox.sent(claimed(rig), "99")
    assert rig.state(number) == "sent"
    assert rig.outbox.due(TELEGRAM) is None


def test_only_the_channels_asked_for_are_served(rig: Rig) -> None:
    rig.put("Anna", "console")
    assert rig.outbox.claim(TELEGRAM, "me") is None
    assert rig.outbox.due(TELEGRAM) is None
    assert rig.outbox.claim(("telegram", "console"), "me") is not None


def test_flood_control_is_obeyed_to_the_second_and_is_no_repeat(rig: Rig) -> None:
    rig.put("7")
    rig.outbox.failed(claimed(rig), NotSent("flood", retry_after=17))
    due = rig.outbox.due(TELEGRAM)
    assert due is not None
    assert 16 < due <= 17
    rig.wait(16)
    assert rig.outbox.claim(TELEGRAM, "me") is None
    rig.wait(1)
    assert not claimed(rig).possible_repeat


def test_a_service_that_refuses_for_long_loses_nothing(rig: Rig) -> None:
    number = rig.put("7")
    for _ in range(30):
        rig.outbox.failed(claimed(rig), NotSent("refused"))
        rig.wait(60)
    assert not claimed(rig).possible_repeat
    assert rig.state(number) == "sending"


def test_an_unclear_send_is_repeated_and_says_so_and_is_given_up_in_the_end(rig: Rig) -> None:
    number, repeats = rig.put("7"), []
    while message := rig.outbox.claim(TELEGRAM, "me"):
        repeats.append(message.possible_repeat)
        rig.outbox.failed(message, SendUnclear("no answer"))
        rig.wait(60)
    assert repeats == [False, True, True]
    assert rig.state(number) == "dead"


def test_after_an_unclear_send_even_a_refused_one_stays_a_possible_repeat(rig: Rig) -> None:
    rig.put("7")
    rig.outbox.failed(claimed(rig), SendUnclear("no answer"))
    rig.wait(60)
    rig.outbox.failed(claimed(rig), NotSent("refused"))
    rig.wait(60)
    assert claimed(rig).possible_repeat


def test_a_sender_that_died_leaves_an_unclear_send(rig: Rig) -> None:
    rig.put("7")
    claimed(rig)
    due = rig.outbox.due(TELEGRAM)
    assert due is not None
    assert due > 30
    rig.wait(61)
    rig.outbox.claim(TELEGRAM, "me")
    rig.wait(2)
    assert claimed(rig).possible_repeat


def test_a_sender_that_was_slow_still_reports_what_it_knows(rig: Rig) -> None:
    number = rig.put("7")
    slow = claimed(rig)
    rig.wait(61)
    assert rig.outbox.claim(TELEGRAM, "another") is None
    rig.outbox.sent(slow, "99")
    assert rig.state(number) == "sent"


def test_a_sender_that_lost_its_lease_changes_nothing(rig: Rig) -> None:
    number = rig.put("7")
    slow = claimed(rig)
    rig.wait(61)
    rig.outbox.claim(TELEGRAM, "another")
    rig.wait(2)
    newer = claimed(rig)
    rig.outbox.failed(slow, Undeliverable("too late to matter"))
    rig.outbox.sent(slow, "98")
    assert rig.state(number) == "sending"
    rig.outbox.sent(newer, "99")
    assert rig.state(number) == "sent"


def test_what_can_never_arrive_is_dead_and_the_next_one_goes_on(rig: Rig) -> None:
    bad, good = rig.put("7"), rig.put("7")
    rig.outbox.failed(claimed(rig), Undeliverable("blocked"))
    rig.wait(1)
    assert send_all(rig) == [good]
    assert rig.state(bad) == "dead"


def test_a_chat_that_moved_is_followed_with_all_that_waits(rig: Rig) -> None:
    rig.put("-7")
    rig.put("-7")
    rig.outbox.failed(claimed(rig), ChatMoved("-100"))
    for _ in range(2):
        rig.wait(3)
        message = claimed(rig)
        assert (message.address, message.possible_repeat) == ("-100", False)
        rig.outbox.sent(message, "1")


def test_rejected_credentials_cost_the_message_nothing(rig: Rig) -> None:
    rig.put("7")
    rig.outbox.failed(claimed(rig), Unauthorised("wrong token"))
    rig.wait(1)
    assert not claimed(rig).possible_repeat


@pytest.mark.parametrize(("address", "pace"), [("7", 1.0), ("-7", 3.0)])
def test_a_chat_gets_a_message_a_second_and_a_group_twenty_a_minute(rig: Rig, address: str, pace: float) -> None:
    rig.put(address)
    rig.put(address)
    assert len(send_all(rig)) == 1
    due = rig.outbox.due(TELEGRAM)
    assert due is not None
    assert pace / 2 < due <= pace
    rig.wait(pace)
    assert len(send_all(rig)) == 1


@pytest.mark.parametrize("slow_for", [0.4, 30.0])
def test_a_send_that_was_slow_to_arrive_counts_from_its_arrival(rig: Rig, slow_for: float) -> None:
    rig.put("7")
    rig.put("7")
    slow = claimed(rig)
    rig.wait(slow_for)
    rig.outbox.sent(slow, "99")
    rig.wait(0.7)
    assert rig.outbox.claim(TELEGRAM, "me") is None
    rig.wait(0.3)
    assert claimed(rig).id == slow.id + 1


def test_all_chats_together_get_thirty_a_second(rig: Rig) -> None:
    rig.put("7")
    rig.put("8")
    claimed(rig)
    due = rig.outbox.due(TELEGRAM)
    assert due is not None
    assert due <= 1 / 30
    rig.wait(1 / 30)
    assert claimed(rig).address == "8"


def test_an_edit_waits_for_its_message_and_knows_its_reference(rig: Rig) -> None:
    alert = rig.put("7")
    rig.put("7", edits=alert)
    rig.outbox.sent(claimed(rig), "99")
    rig.wait(1)
    assert claimed(rig).edits == "99"


def test_an_edit_of_a_message_that_died_dies_too(rig: Rig) -> None:
    alert = rig.put("7")
    edit, other = rig.put("7", edits=alert), rig.put("7")
    rig.outbox.failed(claimed(rig), Undeliverable("blocked"))
    rig.wait(1)
    rig.outbox.claim(TELEGRAM, "me")
    assert (rig.state(edit), rig.state(other)) == ("dead", "sending")


def test_many_alerts_that_wait_in_a_chat_are_sent_as_one_digest(rig: Rig) -> None:
    other, alerts = rig.put("8", kind="alert"), many(rig)
    assert claimed(rig).id == other
    rig.wait(1)
    digest = claimed(rig)
    assert (digest.kind, digest.alert, states(rig, alerts)) == ("digest", None, {"carried"})
    rig.outbox.sent(digest, "99")
    rig.wait(1)
    assert rig.outbox.claim(TELEGRAM, "me") is None


def test_few_alerts_are_sent_alone_however_long_they_waited(rig: Rig) -> None:
    many(rig, MOST_ALONE)
    rig.wait(3600)
    assert claimed(rig).kind == "alert"


def test_a_digest_that_was_refused_takes_along_what_came_since(rig: Rig) -> None:
    many(rig)
    rig.outbox.failed(claimed(rig), NotSent("refused"))
    late = rig.put("7", kind="alert")
    rig.wait(60)
    assert (claimed(rig).kind, rig.state(late)) == ("digest", "carried")


def test_an_alert_that_comes_after_a_digest_was_delivered_is_a_message_of_its_own(rig: Rig) -> None:
    many(rig)
    rig.outbox.sent(claimed(rig), "99")
    late = rig.put("7", kind="alert")
    rig.wait(1)
    message = claimed(rig)
    assert (message.id, message.kind, message.edits) == (late, "alert", None)


def test_a_digest_that_may_have_arrived_is_repeated_as_it_was(rig: Rig) -> None:
    many(rig)
    first = claimed(rig)
    rig.outbox.failed(first, SendUnclear("no answer"))
    late = rig.put("7", kind="alert")
    rig.wait(60)
    again = claimed(rig)
    assert (again.id, again.possible_repeat, rig.state(late)) == (first.id, True, "pending")


def test_an_alert_that_may_have_arrived_is_in_no_digest(rig: Rig) -> None:
    first = rig.put("7", kind="alert")
    rig.outbox.failed(claimed(rig), SendUnclear("no answer"))
    alerts = many(rig)
    rig.wait(60)
    again = claimed(rig)
    assert (again.id, again.kind, again.possible_repeat) == (first, "alert", True)
    rig.outbox.sent(again, "99")
    rig.wait(1)
    assert (claimed(rig).kind, rig.state(first), states(rig, alerts)) == ("digest", "sent", {"carried"})


def test_a_digest_stands_where_its_first_alert_stood(rig: Rig) -> None:
    many(rig)
    receipt = rig.put("7")
    digest = claimed(rig)
    rig.outbox.failed(digest, NotSent("refused"))
    rig.wait(60)
    assert send_all(rig) == [digest.id]
    rig.wait(1)
    assert send_all(rig) == [receipt]


def test_an_edit_of_an_alert_that_a_digest_carries_edits_the_digest(rig: Rig) -> None:
    alerts = many(rig)
    rig.put("7", kind="answered", edits=alerts[3])
    rig.outbox.sent(claimed(rig), "99")
    rig.wait(1)
    edit = claimed(rig)
    assert (edit.kind, edit.edits) == ("digest", "99")


def test_an_edit_of_an_alert_whose_digest_died_dies_too(rig: Rig) -> None:
    alerts = many(rig)
    edit = rig.put("7", kind="answered", edits=alerts[3])
    rig.outbox.failed(claimed(rig), Undeliverable("blocked"))
    rig.wait(1)
    assert rig.outbox.claim(TELEGRAM, "me") is None
    assert rig.state(edit) == "dead"


def test_a_terminal_prints_each_alert_however_many_wait(rig: Rig) -> None:
    many(rig, channel="console")
    message = rig.outbox.claim(("console",), "me")
    assert message is not None
    assert message.kind == "alert"


def test_a_digest_follows_a_chat_that_moved(rig: Rig) -> None:
    alerts = many(rig)
    rig.outbox.failed(claimed(rig), ChatMoved("-100"))
    rig.wait(3)
    digest = claimed(rig)
    assert (digest.kind, digest.address, digest.possible_repeat) == ("digest", "-100", False)
    assert states(rig, alerts) == {"carried"}


def test_what_is_told_again_is_not_sent_once_it_is_over(rig: Rig) -> None:
    again, other = rig.put("7", kind="again"), rig.put("7")
    edit = rig.put("7", kind="answered", edits=again)
    rig.over(again)
    assert send_all(rig) == [other]
    rig.wait(1)
    assert send_all(rig) == []
    assert (rig.state(again), rig.state(edit)) == ("withheld", "withheld")


def test_many_that_are_told_again_are_one_digest(rig: Rig) -> None:
    again = [rig.put("7", kind="again") for _ in range(MOST_ALONE + 1)]
    digest = claimed(rig)
    assert (digest.kind, states(rig, again)) == ("digest", {"carried"})


def test_what_explains_an_alert_waits_until_no_alert_came_to_its_chat_for_a_while(rig: Rig) -> None:
    alert = rig.put("7", kind="alert")
    assert send_all(rig) == [alert]
    edit = rig.put("7", kind="explained", edits=alert)
    rig.wait(2.5)  # longer than its pace
    assert send_all(rig) == []
    due = rig.outbox.due(TELEGRAM)
    assert due is not None
    assert 0 < due < 0.5
    rig.wait(0.5)
    assert send_all(rig) == [edit]


def test_a_chart_waits_for_its_alert_and_replies_to_it(rig: Rig) -> None:
    alert = rig.put("7", kind="alert")
    rig.put("7", kind="chart", edits=alert)
    rig.outbox.sent(claimed(rig), "99")
    rig.wait(4)
    chart = claimed(rig)
    assert (chart.kind, chart.edits, chart.replies_to) == ("chart", None, "99")
