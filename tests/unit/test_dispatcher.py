"""The dispatcher with everything around it in memory."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial

import pytest

from alerts.dispatcher import Channel, Dispatcher
from core.errors import ChatMoved, NotSent, SendUnclear, Unauthorised, Undeliverable
from core.ports.chat import OutboxMessage, Rendered
from tests.fake_notifier import FakeNotifier
from tests.fake_outbox import FakeOutbox


class World:
    """Also core.ports.notices.Notices: a look lets time pass in the outbox, and ends the run when it is over."""

    def __init__(self) -> None:
        self.outbox = FakeOutbox()
        self.notifier = FakeNotifier()
        self._is_over: Callable[[], bool] = lambda: False
        self._stop: Callable[[], object] = lambda: None

    def wait(self, seconds: float) -> bool:
        threading.Event().wait(0.01)
        self.outbox.now += 1
        if self._is_over():
            self._stop()
        return True

    def run(self, until: Callable[[], bool]) -> None:
        async def run() -> None:
            loop, stopping = asyncio.get_running_loop(), asyncio.Event()
            self._is_over, self._stop = until, partial(loop.call_soon_threadsafe, stopping.set)
            dispatcher = Dispatcher(self.outbox, {"telegram": Channel(self.notifier, words)}, "me")
            async with asyncio.timeout(20):
                await dispatcher.run(self, stopping)

        asyncio.run(run())

    def run_until_empty(self) -> None:
        self.run(lambda: {entry.state for entry in self.outbox.entries} <= {"sent", "dead"})

    def texts(self) -> list[str]:
        return [text for _, text in self.notifier.sent]


def words(message: OutboxMessage) -> Rendered:
    if "text" not in message.body:
        raise Undeliverable("no words")
    return Rendered(f"{'again: ' if message.possible_repeat else ''}{message.body['text']}")


@pytest.fixture
def world() -> World:
    return World()


def test_messages_arrive_once_and_in_order(world: World) -> None:
    for number in range(4):
        world.outbox.put("7", body={"text": f"{number}"})
    world.run_until_empty()
    assert world.texts() == ["0", "1", "2", "3"]


def test_an_edit_changes_the_message(world: World) -> None:
    first = world.outbox.put("7", body={"text": "question"})
    world.outbox.put("7", body={"text": "answered"}, edits=first)
    world.run_until_empty()
    assert world.texts() == ["answered"]


def test_what_was_not_sent_is_sent_again_unmarked(world: World) -> None:
    world.notifier.failures = [NotSent("refused"), NotSent("flood", retry_after=3)]
    world.outbox.put("7", body={"text": "hello"})
    world.run_until_empty()
    assert world.texts() == ["hello"]


def test_what_may_have_arrived_is_sent_again_and_says_so(world: World) -> None:
    world.notifier.failures = [SendUnclear("no answer")]
    world.outbox.put("7", body={"text": "hello"})
    world.run_until_empty()
    assert world.texts() == ["again: hello"]


def test_what_cannot_arrive_is_given_up_loudly_and_the_rest_goes_on(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.notifier.failures = [Undeliverable("blocked")]
    world.outbox.put("7", body={"text": "lost"})
    world.outbox.put("7", body={})
    world.outbox.put("7", body={"text": "kept"})
    world.run_until_empty()
    assert world.texts() == ["kept"]
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "message 1 to telegram 7 is given up: blocked",
        "message 2 to telegram 7 is given up: no words",
    ]


def test_a_chat_that_moved_is_followed(world: World) -> None:
    world.notifier.failures = [ChatMoved("-100")]
    world.outbox.put("-7", body={"text": "hello"})
    world.run_until_empty()
    assert world.notifier.sent == [("-100", "hello")]


def test_a_rejected_token_stops_it_and_loses_nothing(world: World) -> None:
    world.notifier.failures = [Unauthorised("wrong token")]
    world.outbox.put("7", body={"text": "hello"})
    with pytest.raises(ExceptionGroup) as raised:
        world.run_until_empty()
    assert raised.group_contains(Unauthorised)
    assert world.outbox.entries[0].state == "pending"


def test_a_slow_chat_does_not_hold_up_the_others_and_is_waited_for_at_the_end(world: World) -> None:
    class Slow(FakeNotifier):
        def __init__(self) -> None:
            super().__init__()
            self.another_was_served = asyncio.Event()

        async def send(self, address: str, message: Rendered, reply_to: str | None = None) -> str:
            if address == "7":
                await self.another_was_served.wait()
            self.another_was_served.set()
            return await super().send(address, message, reply_to)

    world.notifier = Slow()
    world.outbox.put("7", body={"text": "slow"})
    world.outbox.put("8", body={"text": "quick"})
    world.run(lambda: bool(world.notifier.sent))
    assert world.texts() == ["quick", "slow"]
    assert world.outbox.entries[0].state == "sent"
