"""The bot: takes what people send, one update at a time, stored before Telegram is told that it was taken."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from alerts.buttons import Buttons
from alerts.facts import ReceiptFacts, read_facts
from alerts.receipt_text import receipt_text
from alerts.stopping import unless_stopped
from alerts.updates import read_update
from core.errors import ChatMoved, FaultlineError, NotSent, SendUnclear, Unavailable, Undeliverable
from core.ports.chat import Inbox
from core.reply import ReplyOutcome

_log = logging.getLogger(__name__)

_WAIT_S = 25
BACK_OFF_S = (1.0, 2.0, 5.0, 15.0)
"""Waits after failures in a row; the last one is for all further ones."""


class Updates(Protocol):
    """Where updates come from. Raises NotSent, SendUnclear or Unauthorised."""

    async def updates(self, offset: int | None, wait_s: int) -> Sequence[Mapping[str, Any]]:
        """The updates from `offset` on; confirms those before it."""

    async def answer_press(self, press: str, text: str) -> None:
        """Tell the person who pressed a button."""


class Bot:
    """Takes replies. A second one beside it is told of the conflict and waits; no reply is taken twice."""

    def __init__(
        self, source: Updates, inbox: Inbox, buttons: Buttons, bot: int, back_off_s: Sequence[float] = BACK_OFF_S
    ) -> None:
        self._source = source
        self._inbox = inbox
        self._buttons = buttons
        self._id = bot
        self._name = f"telegram/{bot}"
        self._back_off_s = back_off_s
        self._failures = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Take replies until `stopping`; one that is being taken is taken to its end. Raises Unauthorised."""
        while not stopping.is_set():
            try:
                await self._take_next(stopping)
            except (NotSent, SendUnclear, Undeliverable, Unavailable) as error:
                await unless_stopped(stopping, self._back_off(error))
            else:
                self._failures = 0

    async def _take_next(self, stopping: asyncio.Event) -> None:
        """Ask once and take what came. Asking confirms only what the database has already."""
        offset = await asyncio.to_thread(self._inbox.cursor, self._name)
        for update in await unless_stopped(stopping, self._source.updates(offset, _WAIT_S)) or ():
            await self.take(update)

    async def take(self, update: Mapping[str, Any]) -> None:
        """Store an update, act on it, and tell who pressed a button. Raises Unavailable, Unauthorised."""
        read = read_update(update, self._buttons, self._id)
        outcome = await asyncio.to_thread(self._inbox.accept, self._name, read.reply)
        _log.info("update %s: %s", update["update_id"], outcome.kind)
        if read.press is not None:
            await self._answer(read.press, outcome)

    async def _answer(self, press: str, outcome: ReplyOutcome) -> None:
        try:
            await self._source.answer_press(press, receipt_text(read_facts(outcome.facts, ReceiptFacts)))
        except (NotSent, SendUnclear, Undeliverable, ChatMoved) as error:
            _log.info("a press was taken but its sender could not be told: %s", error)  # the edit of the alert tells it

    async def _back_off(self, error: FaultlineError) -> None:
        if self._failures == 0:
            _log.warning("replies wait: %s", error)
        asked = error.retry_after if isinstance(error, NotSent) else 0.0
        wait = self._back_off_s[min(self._failures, len(self._back_off_s) - 1)]
        self._failures += 1
        await asyncio.sleep(max(wait, asked))
