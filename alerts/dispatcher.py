"""The dispatcher: takes messages out of the outbox, sends them, and says what became of each."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from alerts.stopping import unless_stopped
from core.errors import ChatMoved, FaultlineError, NotSent, SendUnclear, Unauthorised, Unavailable, Undeliverable
from core.ports.chat import Notifier, Outbox, OutboxMessage, Rendered
from core.ports.notices import Notices

_log = logging.getLogger(__name__)

_AT_ONCE = 3
"""Sends in flight, each to another chat, so that one slow answer does not hold up everybody.

With the next claim and a reply being taken they fit into the engine's five connections.
"""
_POLL_S = 5.0
"""A lost notice costs this much."""
_BACK_OFF_S = 2.0


class Channel(NamedTuple):
    """How one channel is served."""

    notifier: Notifier
    render: Callable[[OutboxMessage], Rendered]


class Dispatcher:
    """Sends what the outbox holds for its channels. Several may run side by side."""

    def __init__(self, outbox: Outbox, channels: Mapping[str, Channel], worker: str) -> None:
        self._outbox = outbox
        self._channels = channels
        self._worker = worker
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._again = asyncio.Event()

    async def run(self, notices: Notices, stopping: asyncio.Event) -> None:
        """Send until `stopping`, then finish what is in flight. Raises an ExceptionGroup of Unauthorised."""
        async with asyncio.TaskGroup() as sends:
            listening = sends.create_task(self._listen(notices))
            while not stopping.is_set():
                await self._free.acquire()
                self._again.clear()
                message = await self._claim()
                if message is not None:
                    sends.create_task(self._deliver(message))
                    continue
                self._free.release()
                await self._pause(stopping)
            listening.cancel()

    async def _claim(self) -> OutboxMessage | None:
        try:
            return await asyncio.to_thread(self._outbox.claim, tuple(self._channels), self._worker)
        except Unavailable as error:
            _log.warning("messages wait: %s", error)
            return None

    async def _deliver(self, message: OutboxMessage) -> None:
        try:
            settle, fatal = await self._try(message)
            await self._store(settle)
            if fatal is not None:
                raise fatal
        finally:
            self._free.release()
            self._again.set()

    async def _try(self, message: OutboxMessage) -> tuple[Callable[[], None], Unauthorised | None]:
        """Send once; what to store about it, and the error that must stop us."""
        try:
            reference = await self._send(message)
        except FaultlineError as error:
            _say(message, error)
            return partial(self._outbox.failed, message, error), error if isinstance(error, Unauthorised) else None
        return partial(self._outbox.sent, message, reference), None

    async def _send(self, message: OutboxMessage) -> str:
        channel = self._channels[message.channel]
        # A picture takes half a second to draw, which no other message waits for.
        slow = message.kind == "chart"
        words = await asyncio.to_thread(channel.render, message) if slow else channel.render(message)
        if message.edits is None:
            return await channel.notifier.send(message.address, words, message.replies_to)
        await channel.notifier.edit(message.address, message.edits, words)
        return message.edits

    async def _store(self, outcome: Callable[[], None]) -> None:
        """Say what became of a message, once more if the database is away; after that its lease says it."""
        for _ in range(2):
            try:
                await asyncio.to_thread(outcome)
            except Unavailable as error:
                _log.warning("what became of a message is not stored yet: %s", error)
                await asyncio.sleep(_BACK_OFF_S)
            else:
                return

    async def _pause(self, stopping: asyncio.Event) -> None:
        """Wait for a notice, for the end of a send, for the next message's time, or for the end."""
        try:
            due = await asyncio.to_thread(self._outbox.due, tuple(self._channels))
        except Unavailable:
            due = _BACK_OFF_S
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_S if due is None else min(due, _POLL_S)):
                await unless_stopped(stopping, self._again.wait())

    async def _listen(self, notices: Notices) -> None:
        while True:
            if await asyncio.to_thread(notices.wait, 1.0):
                self._again.set()


def _say(message: OutboxMessage, error: FaultlineError) -> None:
    where = f"message {message.id} to {message.channel} {message.address}"
    match error:
        case NotSent() | ChatMoved():
            _log.info("%s waits: %s", where, error)
        case SendUnclear():
            _log.warning("%s may or may not have arrived: %s", where, error)
        case Undeliverable():
            _log.error("%s is given up: %s", where, error)
