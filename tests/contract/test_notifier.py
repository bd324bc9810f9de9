"""One suite for the notifier in memory and for Telegram's, before a stand-in of its server."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import pytest

from alerts.chart_message import ChartFacts, DrawnSensor, chart_message
from alerts.markup import HTML
from alerts.telegram import Telegram
from core.errors import Undeliverable
from core.ports.chat import Button, Notifier, Rendered
from tests.builders import NOON
from tests.fake_notifier import FakeNotifier
from tests.fake_telegram.client import Chats, running

HELLO = Rendered("hello")
Answer = TypeVar("Answer")


class Rig(Protocol):
    """A notifier and what the people at the other end see."""

    def run(self, work: Callable[[Notifier], Coroutine[Any, Any, Answer]]) -> Answer: ...
    def seen(self, chat: str) -> Sequence[str]: ...
    def pictures(self, chat: str) -> Sequence[str]: ...
    def block(self, chat: str) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self._notifier = FakeNotifier()

    def run(self, work: Callable[[Notifier], Coroutine[Any, Any, Answer]]) -> Answer:
        return asyncio.run(work(self._notifier))

    def seen(self, chat: str) -> Sequence[str]:
        return [text for address, text in self._notifier.sent if address == chat]

    def pictures(self, chat: str) -> Sequence[str]:
        return self._notifier.pictures

    def block(self, chat: str) -> None:
        self._notifier.closed_chats.add(chat)


class OnTelegram:
    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    def run(self, work: Callable[[Notifier], Coroutine[Any, Any, Answer]]) -> Answer:
        async def connected() -> Answer:
            telegram = Telegram(self._chats.token, self._chats.url)
            try:
                return await work(telegram)
            finally:
                await telegram.close()

        return asyncio.run(connected())

    def seen(self, chat: str) -> Sequence[str]:
        return [message["text"] for message in self._chats.messages(int(chat))]

    def pictures(self, chat: str) -> Sequence[str]:
        found = [message for message in self._chats.messages(int(chat)) if message["photo"]]
        assert all(message["silent"] for message in found), "a picture rings nobody"
        return [message["text"] for message in found]

    def block(self, chat: str) -> None:
        self._chats.chat(int(chat), "blocked")


@pytest.fixture(params=["fake", "telegram"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "fake":
        yield InMemory()
        return
    with running() as chats:
        yield OnTelegram(chats)


def test_a_message_arrives_in_its_chat_and_has_a_reference_of_its_own(rig: Rig) -> None:
    async def send_two(notifier: Notifier) -> tuple[str, str]:
        return await notifier.send("7", HELLO), await notifier.send("7", Rendered("again"))

    first, second = rig.run(send_two)
    assert first != second
    assert rig.seen("7") == ["hello", "again"]
    assert rig.seen("8") == []


def test_an_edit_replaces_the_words(rig: Rig) -> None:
    async def send_and_edit(notifier: Notifier) -> None:
        await notifier.edit("7", await notifier.send("7", HELLO), Rendered("good bye"))

    rig.run(send_and_edit)
    assert rig.seen("7") == ["good bye"]


def test_the_same_edit_twice_is_the_same_as_once(rig: Rig) -> None:
    edited = Rendered("good bye", [[Button("yes", "1:y:x")]])

    async def edit_twice(notifier: Notifier) -> None:
        reference = await notifier.send("7", HELLO)
        await notifier.edit("7", reference, edited)
        await notifier.edit("7", reference, edited)

    rig.run(edit_twice)
    assert rig.seen("7") == ["good bye"]


def test_a_chat_that_takes_no_message_makes_it_undeliverable(rig: Rig) -> None:
    rig.block("7")
    with pytest.raises(Undeliverable):
        rig.run(lambda notifier: notifier.send("7", HELLO))


def test_an_edit_of_a_message_that_is_not_there_is_undeliverable(rig: Rig) -> None:
    with pytest.raises(Undeliverable):
        rig.run(lambda notifier: notifier.edit("7", "12345", HELLO))


def test_a_reply_arrives_also_where_the_message_it_answers_is_gone(rig: Rig) -> None:
    rig.run(lambda notifier: notifier.send("7", HELLO, reply_to="12345"))
    assert rig.seen("7") == ["hello"]


def test_a_picture_arrives_with_its_words(rig: Rig) -> None:
    facts = ChartFacts(12, "press-<1>", NOON, None, (NOON,), (DrawnSensor("temperature", "°C", (95.0,), (50, 65, 80)),))
    picture = chart_message(facts, "UTC", HTML)

    async def send_both(notifier: Notifier) -> None:
        await notifier.send("7", picture, await notifier.send("7", HELLO))

    rig.run(send_both)
    (words,) = rig.pictures("7")
    assert "its last 1 readings (alert #12)" in words
