"""I5 over every chat: what was to be sent, from the outbox, beside what the chats saw and when it was tried."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sqlalchemy import Row

from tests.alert_world import AlertWorld
from tests.fake_telegram.calls import Call
from tests.fake_telegram.client import Chats

REPEAT = "(possible repeat)"
_ALERT = re.compile(r"^Alert #(\d+) ", re.MULTILINE)
FLOOD_S = 3
"""What a 429 asks for in these tests: longer than we would wait by ourselves."""


def assert_each_alert_arrived_or_is_reported_dead(world: AlertWorld, telegram: Chats) -> None:
    """At least one copy each, at most one more for each unclear send, and every copy but the first says so."""
    sends = world.rows("SELECT id, alert, address, state, unclear FROM outbox WHERE kind = 'alert'")
    assert len({(send.alert, send.address) for send in sends}) == len(sends), "two sends of an alert to one chat"
    for chat in {send.address for send in sends}:
        seen = _copies(telegram, chat)
        mine = [send for send in sends if send.address == chat]
        assert set(seen) <= {send.alert for send in mine}, f"chat {chat} saw an alert that was not for it"
        for send in mine:
            _check_copies(send, seen.get(send.alert, []))
    dead = {send.id for send in sends if send.state == "dead"}
    reported = world.rows("SELECT detail->>'message' AS message FROM audit WHERE action = 'message given up'")
    assert {int(row.message) for row in reported} == dead, "the dead are reported, and only they"
    assert len(reported) == len(dead), "each of them once"


def assert_order_is_kept(telegram: Chats, chats: Sequence[int]) -> None:
    """Repeats included: nothing overtakes a message that may be repeated."""
    for chat in chats:
        numbers = [_alert(message["text"]) for message in telegram.messages(chat)]
        assert numbers == sorted(numbers), f"chat {chat} saw {numbers}"


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


def _check_copies(send: Row[tuple[int, int, str, str, int]], copies: Sequence[str]) -> None:
    assert send.state in ("sent", "dead"), f"alert {send.alert} is {send.state}"
    assert len(copies) >= (send.state == "sent"), f"alert {send.alert} never arrived in {send.address}"
    assert len(copies) <= 1 + send.unclear, f"alert {send.alert}: {len(copies)} copies, {send.unclear} unclear sends"
    unmarked = [text for text in copies[1:] if REPEAT not in text]
    assert not unmarked, f"a copy of alert {send.alert} does not say that it may be a repeat"


def _copies(telegram: Chats, chat: str) -> Mapping[int, Sequence[str]]:
    seen: dict[int, list[str]] = {}
    for message in telegram.messages(int(chat)):
        seen.setdefault(_alert(message["text"]), []).append(message["text"])
    return seen


def _alert(text: str) -> int:
    found = _ALERT.search(text)
    assert found, f"no alert: {text}"
    return int(found[1])


def _neighbours(calls: Sequence[Call]) -> Iterator[tuple[Call, Call]]:
    """Every two calls to a chat of which one came after the other."""
    for chat in {call.chat for call in calls}:
        yield from pairwise(sorted((call for call in calls if call.chat == chat), key=lambda call: call.began))
