"""What people send, read from Telegram's updates. Pure; every update becomes a reply, so that each is kept."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from alerts.buttons import Buttons
from core.label import read_named_answer
from core.reply import Refusal, Reply

_SHARED_SENDERS = {1087968824, 136817688, 777000}
"""Ids that many people write under: anonymous group administrators, channels, Telegram's own."""
_LONGEST_TEXT = 4096


class _User(Struct):
    id: int


class _Chat(Struct):
    id: int


class _Button(Struct):
    callback_data: str = ""


class _Keyboard(Struct):
    inline_keyboard: list[list[_Button]] = []


class _Message(Struct):
    message_id: int
    chat: _Chat
    date: int = 0
    sender: _User | None = field(default=None, name="from")
    text: str = ""
    forward_origin: dict[str, object] | None = None
    forward_date: int | None = None
    sender_chat: _Chat | None = None
    reply_to_message: "_Message | None" = None
    reply_markup: _Keyboard | None = None


class _Press(Struct):
    id: str
    sender: _User = field(name="from")
    data: str = ""
    message: _Message | None = None


class _Update(Struct):
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _Press | None = None


class Read(Struct, frozen=True):
    """A reply, and the press of a button that waits for a word."""

    reply: Reply
    press: str | None = None


def read_update(update: Mapping[str, Any], buttons: Buttons, bot: int) -> Read:
    """The reply in an update; one that says nothing to us is a reply without text in no chat."""
    number, raw = int(update["update_id"]), json.dumps(update)
    try:
        found = msgspec.convert(update, _Update)
    except msgspec.ValidationError:
        found = _Update()
    if found.callback_query is not None:
        return _pressed(found.callback_query, number, raw, buttons)
    message = found.message or found.edited_message
    if message is None or message.sender is None:
        return Read(Reply("telegram", number, raw, sender="", chat="nowhere", text=""))
    return Read(_written(message, number, raw, buttons, bot, edited=found.message is None))


def _written(message: _Message, number: int, raw: str, buttons: Buttons, bot: int, *, edited: bool) -> Reply:
    assert message.sender is not None, "who wrote it is known"
    quoted = message.reply_to_message
    ours = quoted is not None and quoted.sender is not None and quoted.sender.id == bot
    alert, text = _alert_of(quoted, buttons) if ours and quoted else None, message.text[:_LONGEST_TEXT]
    named = read_named_answer(text) if ours or message.chat.id == message.sender.id else None
    if named is not None and alert in (None, named.alert):
        alert, text = named.alert, named.answer
    return Reply(
        channel="telegram",
        update_id=number,
        raw=raw,
        sender=str(message.sender.id),
        chat=str(message.chat.id),
        text=text,
        alert=alert,
        reference=str(message.message_id),
        replies_to=str(quoted.message_id) if ours and quoted else None,
        refusal=_refusal(message, message.sender, edited=edited),
        at=_time(message.date),
    )


def _alert_of(message: _Message, buttons: Buttons) -> int | None:
    """The alert that our message is about, by its buttons: so it is known before its delivery is, or without that.

    A digest is about several, so a reply to it names none.
    """
    rows = message.reply_markup.inline_keyboard if message.reply_markup else []
    presses = (buttons.read(button.callback_data) for row in rows for button in row)
    alerts = {press.alert for press in presses if press and not press.is_question}
    return alerts.pop() if len(alerts) == 1 else None


def _refusal(message: _Message, sender: _User, *, edited: bool) -> Refusal | None:
    if sender.id in _SHARED_SENDERS or message.sender_chat is not None:
        return Refusal.SHARED_SENDER
    if message.forward_origin is not None or message.forward_date is not None:
        return Refusal.FORWARDED
    return Refusal.EDITED if edited else None


def _time(seconds: int) -> datetime | None:
    """None where Telegram names no time, or one that is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, OSError, ValueError):
        return None


def _pressed(press: _Press, number: int, raw: str, buttons: Buttons) -> Read:
    meant = buttons.read(press.data)
    refusal = Refusal.SHARED_SENDER if press.sender.id in _SHARED_SENDERS else None
    reply = Reply(
        channel="telegram",
        update_id=number,
        raw=raw,
        sender=str(press.sender.id),
        chat=str(press.message.chat.id if press.message else press.sender.id),
        text=meant.answer if meant else "",
        alert=meant.alert if meant and not meant.is_question else None,
        question=meant.alert if meant and meant.is_question else None,
        takes_back=meant.takes_back if meant else None,
        refusal=refusal if meant else Refusal.FORGED,
    )
    return Read(reply, press.id)
