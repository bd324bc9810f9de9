"""I5 over every chat: what was to be sent, from the outbox, beside what the chats saw and when it was tried."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Protocol

from sqlalchemy import Row

from tests.fake_telegram.calls import Call
from tests.fake_telegram.client import Chats

REPEAT = "(possible repeat)"
_ALERT = re.compile(r"^Alert #(\d+)(?: ·|$)|the alert's number: N (\d+)$", re.MULTILINE)
"""The alert that a message tells of, or the first one that a digest shows."""
FLOOD_S = 3
"""What a 429 asks for in these tests: longer than we would wait by ourselves."""


class Database(Protocol):
    """A world that has one."""

    def rows(self, query: str, **arguments: Any) -> Sequence[Any]: ...


def assert_each_alert_arrived_or_is_reported_dead(world: Database, telegram: Chats) -> None:
    """Each by itself or in one digest; at least one copy of that, at most one more for each unclear send, marked."""
    alerts = world.rows(
        "SELECT id, alert, address, state, carried_by FROM outbox WHERE kind = 'alert' AND channel = 'telegram'"
    )
    assert len({(row.alert, row.address) for row in alerts}) == len(alerts), "two sends of an alert to one chat"
    carriers = {(row.address, row.alert): row.carried_by or row.id for row in alerts}
    sends = world.rows("SELECT id, address, state, unclear FROM outbox WHERE id = ANY(:ids)", ids=[*carriers.values()])
    for chat in {row.address for row in alerts}:
        seen: dict[int, list[str]] = {}
        for alert, text in _told(telegram, chat):
            assert (chat, alert) in carriers, f"chat {chat} saw alert {alert}, which was not for it"
            seen.setdefault(carriers[chat, alert], []).append(text)
        for send in sends:
            if send.address == chat:
                _check_copies(send, seen.get(send.id, []))
    given_up = "SELECT CAST(detail->>'message' AS bigint) AS id FROM audit WHERE action = 'message given up'"
    reported = sorted({send.id for send in sends}.intersection(row.id for row in world.rows(given_up)))
    assert reported == sorted({send.id for send in sends if send.state == "dead"}), "the dead are reported, only they"


def assert_order_is_kept(world: Database, telegram: Chats) -> None:
    """Repeats included: nothing overtakes a message that may be repeated."""
    places = {
        (row.address, row.alert): row.place
        for row in world.rows(
            "SELECT o.address, o.alert, coalesce(d.place, o.id) AS place FROM outbox o"
            " LEFT JOIN outbox d ON d.id = o.carried_by WHERE o.kind = 'alert'"
        )
    }
    for chat in {chat for chat, _ in places}:
        seen = [places[chat, alert] for alert, _ in _told(telegram, chat)]
        assert seen == sorted(seen), f"chat {chat} saw {seen}"


def assert_one_in_flight_a_chat(calls: Sequence[Call]) -> None:
    """The next call to a chat begins after the one before it was answered, or its caller gone."""
    for before, after in _neighbours(calls):
        assert before.ended is not None, f"chat {before.chat}: a call that never ended was overtaken"
        assert before.ended <= after.began, (
            f"chat {before.chat}: two in flight, {after.began - before.began:.2f} s apart"
        )


def assert_pace(calls: Sequence[Call]) -> None:
    """One a second a chat, twenty a minute a group, thirty a second in all, and as long a pause as a 429 asked for."""
    for before, after in _neighbours(calls):
        pace = 3.0 if before.chat.startswith("-") else 1.0
        pause = max(pace, FLOOD_S if before.fault == "flood" else 0.0)
        apart = after.began - before.began
        assert apart >= pause, f"chat {before.chat}: {apart:.3f} s apart instead of {pause}"
    times = sorted(call.began for call in calls)
    assert all(later - first >= 1 for first, later in zip(times, times[30:], strict=False)), "more than 30 a second"


def _check_copies(send: Row[tuple[int, str, str, int]], copies: Sequence[str]) -> None:
    assert send.state in ("sent", "dead"), f"message {send.id} is {send.state}"
    assert len(copies) >= (send.state == "sent"), f"message {send.id} never arrived in {send.address}"
    assert len(copies) <= 1 + send.unclear, f"message {send.id}: {len(copies)} copies, {send.unclear} unclear sends"
    unmarked = [text for text in copies[1:] if REPEAT not in text]
    assert not unmarked, f"a copy of message {send.id} does not say that it may be a repeat"


def _told(telegram: Chats, chat: str) -> Iterator[tuple[int, str]]:
    """Every message of alerts that the chat saw, as it first read: an alert that it tells of, and the text."""
    for message in telegram.messages(int(chat)):
        text = [*message["edits"], message["text"]][0]
        if found := _ALERT.search(text):
            yield int(found[1] or found[2]), text


def _neighbours(calls: Sequence[Call]) -> Iterator[tuple[Call, Call]]:
    """Every two calls to a chat of which one came after the other."""
    for chat in {call.chat for call in calls}:
        yield from pairwise(sorted((call for call in calls if call.chat == chat), key=lambda call: call.began))
