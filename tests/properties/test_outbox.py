"""Invariant I5: whatever goes wrong, a chat sees each message, or it is reported dead; every extra copy says so."""

from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from core.delivery import MOST_UNCLEAR
from core.errors import ChatMoved, FaultlineError, NotSent, SendUnclear, Undeliverable
from tests.fake_outbox import FakeOutbox


@dataclass(frozen=True)
class Try:
    """What one try comes to."""

    arrives: bool
    error: FaultlineError | None = None
    killed: bool = False
    """The sender died before it could say what it knew."""


TRIES = [
    Try(arrives=True),
    Try(arrives=True, error=SendUnclear("the answer was lost")),
    Try(arrives=False, error=SendUnclear("lost on the way")),
    Try(arrives=False, error=NotSent("refused")),
    Try(arrives=False, error=Undeliverable("blocked")),
    Try(arrives=False, error=ChatMoved("-90")),
    Try(arrives=False, killed=True),
    Try(arrives=True, killed=True),
]


@given(st.lists(st.sampled_from(["7", "8", "-9"]), max_size=6), st.lists(st.sampled_from(TRIES), max_size=60))
def test_each_message_is_seen_or_reported_dead_and_every_extra_copy_says_so(chats: list[str], tries: list[Try]) -> None:
    outbox, seen, marked = FakeOutbox(), Counter[int](), Counter[int]()
    for chat in chats:
        outbox.put(chat)
    steps = iter(tries)
    while {entry.state for entry in outbox.entries} - {"sent", "dead"}:
        outbox.now += 100
        if message := outbox.claim(("telegram",), "me"):
            step = next(steps, TRIES[0])
            seen[message.id] += step.arrives
            marked[message.id] += step.arrives and message.possible_repeat
            if step.error is not None:
                outbox.failed(message, step.error)
            elif not step.killed:
                outbox.sent(message, "ref")
    for entry in outbox.entries:
        assert entry.state == "dead" or seen[entry.id] >= 1
        assert seen[entry.id] <= 1 + entry.unclear <= 1 + MOST_UNCLEAR
        assert marked[entry.id] >= seen[entry.id] - 1
