"""Telegram's Bot API: core.ports.chat.Notifier, and the updates that people send."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest

from alerts.telegram_errors import named
from alerts.webhook import Hook
from core.command import MENU
from core.ports.chat import Rendered

_CONNECT_S, _POOL_S, _READ_S, _WRITE_S = 5.0, 5.0, 15.0, 10.0
LONGEST_SEND_S = _CONNECT_S + _POOL_S + _READ_S + _WRITE_S
"""A lease on a message must outlive it."""
_UPDATES = ["message", "callback_query"]
_COMMANDS = [BotCommand(command, words) for command, words in MENU.items()]


class Telegram:
    """One bot. Its methods raise NotSent, SendUnclear, Undeliverable, ChatMoved or Unauthorised."""

    def __init__(self, token: str, api_url: str) -> None:
        self._token = token
        self._address = f"{api_url.rstrip('/')}/bot{token}"
        # Replies are waited for on a connection of their own: a long poll must not stand in a send's way.
        self._polling, sending = _request(connections=1), _request(connections=8)
        self._connections = (self._polling, sending)
        base_url = f"{api_url.rstrip('/')}/bot"
        self._bot = Bot(token, base_url=base_url, request=sending, get_updates_request=self._polling)

    async def identify(self, hook: Hook | None = None) -> int:
        """The bot's own id; also sets the commands that its menu shows, and whether and where updates are brought.

        Raises Unauthorised for a wrong token.
        """
        with self._errors_named():
            me = await self._bot.get_me()
            if hook is None:
                await self._bot.delete_webhook()  # while one is set, updates cannot be asked for
            else:
                # One at a time: answers of one person keep their order.
                await self._bot.set_webhook(
                    hook.url, secret_token=hook.secret, max_connections=1, allowed_updates=_UPDATES
                )
            await self._bot.set_my_commands(_COMMANDS)
        return me.id

    async def send(self, address: str, message: Rendered, reply_to: str | None = None) -> str:
        """Send and return the message's id in its chat."""
        quoted = ReplyParameters(int(reply_to), allow_sending_without_reply=True) if reply_to else None
        with self._errors_named():
            if message.photo is not None:
                picture = await self._bot.send_photo(
                    address,
                    message.photo,
                    caption=message.text,
                    parse_mode=ParseMode.HTML,
                    disable_notification=True,
                    reply_parameters=quoted,
                )
                return str(picture.message_id)
            sent = await self._bot.send_message(
                address,
                message.text,
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=_keyboard(message),
                reply_parameters=quoted,
            )
        return str(sent.message_id)

    async def edit(self, address: str, reference: str, message: Rendered) -> None:
        """Replace a message that was sent; the same edit twice is the same as once."""
        with self._errors_named():
            try:
                await self._bot.edit_message_text(
                    message.text,
                    address,
                    int(reference),
                    parse_mode=ParseMode.HTML,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                    reply_markup=_keyboard(message),
                )
            except BadRequest as error:
                if "not modified" not in error.message.lower():
                    raise

    async def updates(self, offset: int | None, wait_s: int) -> Sequence[Mapping[str, Any]]:
        """The updates from `offset` on, as Telegram wrote them; waits up to `wait_s` seconds for one.

        Confirms all updates before `offset`. Asks Telegram itself, since the library's own way stops for good at an
        update that it cannot read.
        """
        asked = {"timeout": wait_s, "allowed_updates": json.dumps(_UPDATES)}
        query = urlencode(asked if offset is None else {"offset": offset, **asked})
        with self._errors_named():
            found: Any = await self._polling.post(f"{self._address}/getUpdates?{query}", read_timeout=wait_s + _READ_S)
        return found if isinstance(found, list) else []

    async def answer_press(self, press: str, text: str) -> None:
        """Tell the person who pressed a button, in a line that passes; old presses cannot be told any more."""
        with self._errors_named():
            await self._bot.answer_callback_query(press, text[:200])

    async def close(self) -> None:
        """Close the connections."""
        for connections in self._connections:
            await connections.shutdown()

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except TelegramError as error:
            raise named(error, self._token) from None  # the cause's words hold the token


def _request(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        connect_timeout=_CONNECT_S,
        pool_timeout=_POOL_S,
        read_timeout=_READ_S,
        write_timeout=_WRITE_S,
    )


def _keyboard(message: Rendered) -> InlineKeyboardMarkup | None:
    rows = [[InlineKeyboardButton(button.text, callback_data=button.data) for button in row] for row in message.buttons]
    return InlineKeyboardMarkup(rows) if rows else None
