"""I5 over every chat: what was to be sent, from the outbox, beside what the chats saw and when it was tried."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlalchemy import Row

from tests.alert_world import AlertWorld
from tests.fake_telegram.calls import Call
from tests.fake_telegram.client import Chats

REPEAT = "(possible repeat)"
_ALERT = re.compile(r"^Alert #(\d+) |the alert's number: N (\d+)$", re.MULTILINE)
"""The alert that a message tells of, or the first one that a digest shows."""
FLOOD_S = 3
"""What a 429 asks for in these tests: longer than we would wait by ourselves."""


def assert_each_alert_arrived_or_is_reported_dead(world: AlertWorld, telegram: Chats) -> None:
    """Each by itself or in one digest; at least one copy of that, at most one more for each unclear send, marked."""
    alerts = world.rows("SELECT id, alert, address, state, carried_by FROM outbox WHERE kind = 'alert'")
    assert len({(row.alert, row.address) for row in alerts}) == len(alerts), "two sends of an alert to one chat"
    carriers = {(row.address, row.alert): row.carried_by or row.id for row in alerts}
    sends = world.rows("SELECT id, address, state, unclear FROM outbox WHERE id = ANY(:ids)", ids=[*carriers.values()])
    for chat in {row.address for row in alerts}:
        seen: dict[int, list[str]] = {}
        for message in telegram.messages(int(chat)):
            alert = _alert(message["text"])
            assert (chat, alert) in carriers, f"chat {chat} saw alert {alert}, which was not for it"
            seen.setdefault(carriers[chat, alert], []).append(message["text"])
        for send in sends:
            if send.address == chat:
                _check_copies(send, seen.get(send.id, []))
    dead = {send.id for send in sends if send.state == "dead"}
    reported = world.rows("SELECT detail->>'message' AS message FROM audit WHERE action = 'message given up'")
    assert {int(row.message) for row in reported} == dead, "the dead are reported, and only they"
    assert len(reported) == len(dead), "each of them once"


def assert_order_is_kept(world: AlertWorld, telegram: Chats) -> None:
    """Repeats included: nothing overtakes a message that may be repeated."""
    places = {
        (row.address, row.alert): row.place
        for row in world.rows(
            "SELECT o.address, o.alert, coalesce(d.place, o.id) AS place FROM outbox o"
            " LEFT JOIN outbox d ON d.id = o.carried_by WHERE o.kind = 'alert'"
        )
    }
    for chat in {chat for chat, _ in places}:
        seen = [places[chat, _alert(message["text"])] for message in telegram.messages(int(chat))]
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


def _alert(text: str) -> int:
    found = _ALERT.search(text)
    assert found, f"no alert: {text}"
    return int(found[1] or found[2])


def _neighbours(calls: Sequence[Call]) -> Iterator[tuple[Call, Call]]:
    """Every two calls to a chat of which one came after the other."""
    for chat in {call.chat for call in calls}:
        yield from pairwise(sorted((call for call in calls if call.chat == chat), key=lambda call: call.began))
