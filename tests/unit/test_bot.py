"""The bot against a source of updates that behaves like Telegram's."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from alerts.bot import Bot
from alerts.buttons import Buttons
from core.errors import FaultlineError, SendUnclear, Unauthorised
from core.label import Verdict
from tests.fake_inbox import FakeInbox, SentAlert

ANNA = 11
BUTTONS = Buttons("4242:secret")


class Source:
    """Gives updates again and again until a higher offset confirms them; stops the bot when all are confirmed."""

    def __init__(self, *updates: Mapping[str, Any]) -> None:
        self.waiting = list(updates)
        self.failures: list[FaultlineError] = []
        self.told: list[str] = []
        self.stopping = asyncio.Event()

    async def updates(self, offset: int | None, wait_s: int) -> Sequence[Mapping[str, Any]]:
        if self.failures:
            raise self.failures.pop(0)
        self.waiting = [update for update in self.waiting if offset is None or update["update_id"] >= offset]
        if not self.waiting:
            self.stopping.set()
        return list(self.waiting)

    async def answer_press(self, press: str, text: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.told.append(text)


def press(update_id: int, answer: int = 0) -> Mapping[str, Any]:
    data = BUTTONS.of(1)[0][answer].data
    return {"update_id": update_id, "callback_query": {"id": "9", "from": {"id": ANNA}, "data": data}}


def an_inbox() -> FakeInbox:
    return FakeInbox(operators={str(ANNA): 1}, sent=[SentAlert(1, str(ANNA), "70")])


def run(source: Source, inbox: FakeInbox) -> None:
    bot = Bot(source, inbox, BUTTONS, 4242, back_off_s=(0.01,))
    asyncio.run(asyncio.wait_for(bot.run(source.stopping), 20))


def test_each_update_is_taken_and_then_confirmed() -> None:
    source, inbox = Source(press(500), press(501, answer=1)), an_inbox()
    run(source, inbox)
    assert [verdict for _, _, verdict in inbox.labels] == [Verdict.FAULT, Verdict.FALSE_ALARM]
    assert source.told == [
        "Thank you. Noted: real fault, , alert #1.",
        "Thank you. Noted: false alarm, , alert #1.",
    ]


def test_a_bot_started_again_takes_nothing_twice() -> None:
    inbox = an_inbox()
    run(Source(press(500)), inbox)
    run(Source(press(500), press(501, answer=1)), inbox)
    assert len(inbox.labels) == 2


def test_an_update_that_could_not_be_stored_is_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    source, inbox = Source(press(500)), an_inbox()
    inbox.away = 2
    run(source, inbox)
    assert len(inbox.labels) == 1
    assert len([record for record in caplog.records if "replies wait" in record.message]) == 1


def test_a_label_stands_though_its_sender_could_not_be_told() -> None:
    class Silent(Source):
        async def answer_press(self, press: str, text: str) -> None:
            raise SendUnclear("no answer")

    source, inbox = Silent(press(500)), an_inbox()
    run(source, inbox)
    assert len(inbox.labels) == 1


def test_a_rejected_token_stops_the_bot() -> None:
    source = Source()
    source.failures = [Unauthorised("wrong token")]
    with pytest.raises(Unauthorised):
        run(source, an_inbox())


def test_a_bot_that_waits_for_updates_stops_at_once() -> None:
    class Endless(Source):
        async def updates(self, offset: int | None, wait_s: int) -> Sequence[Mapping[str, Any]]:
            self.stopping.set()
            await asyncio.Event().wait()
            return []

    run(Endless(), an_inbox())
