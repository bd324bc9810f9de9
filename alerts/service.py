"""The whole of `./run alerts`: messages out, replies in, until the process is asked to end."""

import asyncio
import logging
import sys
from typing import NamedTuple

from alerts.bot import Bot
from alerts.buttons import Buttons
from alerts.console import Console
from alerts.dispatcher import Channel, Dispatcher
from alerts.render import ConsoleRenderer, TelegramRenderer
from alerts.stopping import unless_stopped
from alerts.telegram import Telegram
from core.errors import NotSent, SendUnclear, Unauthorised, Undeliverable
from core.ports import Inbox, Notices, Outbox

_log = logging.getLogger(__name__)

_BACK_OFF_S = 5.0


class Stores(NamedTuple):
    """Where messages and replies are stored."""

    outbox: Outbox
    inbox: Inbox
    notices: Notices


async def serve(stores: Stores, token: str, api_url: str, worker: str, program: str, stopping: asyncio.Event) -> None:
    """Serve the console, and Telegram where there is a token, until `stopping`. Raises Unauthorised for a wrong one.

    `program` is what the command line is called here, for hints on the console.
    """
    channels = {"console": Channel(Console(sys.stdout), ConsoleRenderer(program))}
    if not token:
        _log.warning("TELEGRAM_BOT_TOKEN is not set: alerts to the console are printed, those to Telegram wait")
        await Dispatcher(stores.outbox, channels, worker).run(stores.notices, stopping)
        return
    telegram, buttons = Telegram(token, api_url), Buttons(token)
    try:
        number = await _identify(telegram, stopping)
        if number is None:
            return
        channels["telegram"] = Channel(telegram, TelegramRenderer(buttons))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Dispatcher(stores.outbox, channels, worker).run(stores.notices, stopping))
            tasks.create_task(Bot(telegram, stores.inbox, buttons, number).run(stopping))
    except* Unauthorised as errors:
        raise _first(errors) from None
    finally:
        await telegram.close()


async def _identify(telegram: Telegram, stopping: asyncio.Event) -> int | None:
    """The bot's own id, asked for until Telegram answers; None: we were stopped first."""
    while not stopping.is_set():
        try:
            return await unless_stopped(stopping, telegram.identify())
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
