"""The whole of `./run alerts`: messages out, replies in, until the process is asked to end."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from alerts.bot import Bot
from alerts.buttons import Buttons
from alerts.console import Console
from alerts.dispatcher import Channel, Dispatcher
from alerts.questioner import Questioner, Questions
from alerts.render import ConsoleRenderer, ServiceRenderer, TelegramRenderer
from alerts.retelling import retell
from alerts.stopping import unless_stopped
from alerts.telegram import Telegram
from alerts.webhook import Hook, Receiver
from core.errors import NotSent, SendUnclear, Unauthorised, Undeliverable
from core.ports.chat import Inbox, Notifier, Outbox, Retellings
from core.ports.notices import Notices

_log = logging.getLogger(__name__)

_BACK_OFF_S = 5.0


Listen = Callable[[Receiver, asyncio.Event], Awaitable[None]]
"""Serves an ASGI application until the event."""


class Ways(NamedTuple):
    """How people are reached, beside the console."""

    token: str
    """Of the Telegram bot; empty: no Telegram."""
    api_url: str
    """Of the Bot API."""
    services: Mapping[str, str]
    """URLs of one-way services, by name."""
    page: str
    """What people type to reach the page; empty: they know."""
    hook: Hook | None = None
    """Where Telegram brings updates; None: we ask for them."""
    listen: Listen | None = None
    """Serves the hook."""


class Stores(NamedTuple):
    """Where messages and replies are stored."""

    outbox: Outbox
    inbox: Inbox
    notices: Notices
    retellings: Retellings
    questions: Questions


async def serve(stores: Stores, ways: Ways, worker: str, program: str, stopping: asyncio.Event) -> None:
    """Serve the console, the one-way services, and Telegram where there is a token, until `stopping`.

    Raises Unauthorised for a wrong token. `program` is what the command line is called here, for hints on the console.
    """
    channels = {"console": Channel(Console(sys.stdout), ConsoleRenderer(program))}
    if ways.services:
        channels["service"] = Channel(_services(ways.services), ServiceRenderer(ways.page))
    if not ways.token:
        _log.warning("TELEGRAM_BOT_TOKEN is not set: messages to the console are printed, those to Telegram wait")
        await _send(stores, channels, worker, stopping)
        return
    telegram, buttons = Telegram(ways.token, ways.api_url), Buttons(ways.token)
    try:
        number = await _identify(telegram, ways.hook, stopping)
        if number is None:
            return
        channels["telegram"] = Channel(telegram, TelegramRenderer(buttons, ways.page))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_send(stores, channels, worker, stopping))
            tasks.create_task(_take_replies(Bot(telegram, stores.inbox, buttons, number), ways, stopping))
    except* Unauthorised as errors:
        raise _first(errors) from None
    finally:
        await telegram.close()


def _services(urls: Mapping[str, str]) -> Notifier:
    from alerts.services import Services  # half a second and 20 MB, only where services are named

    return Services(urls)


async def _send(stores: Stores, channels: Mapping[str, Channel], worker: str, stopping: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Dispatcher(stores.outbox, channels, worker).run(stores.notices, stopping))
        tasks.create_task(retell(stores.retellings, stopping))
        tasks.create_task(Questioner(stores.questions).run(stopping))


async def _take_replies(bot: Bot, ways: Ways, stopping: asyncio.Event) -> None:
    if ways.hook is None or ways.listen is None:
        await bot.run(stopping)
    else:
        await ways.listen(Receiver(ways.hook, bot.take), stopping)


async def _identify(telegram: Telegram, hook: Hook | None, stopping: asyncio.Event) -> int | None:
    """The bot's own id, asked for until Telegram answers; None: we were stopped first."""
    while not stopping.is_set():
        try:
            return await unless_stopped(stopping, telegram.identify(hook))
        except (NotSent, SendUnclear, Undeliverable) as error:
            _log.warning("Telegram does not answer, trying again: %s", error)
            await unless_stopped(stopping, asyncio.sleep(_BACK_OFF_S))
    return None


def _first(errors: BaseExceptionGroup[Unauthorised]) -> Unauthorised:
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, Unauthorised), "the group holds nothing else"
    return found
