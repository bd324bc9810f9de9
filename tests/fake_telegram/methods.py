"""The methods of the Bot API that Faultline uses."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.fake_telegram.entities import plain_text
from tests.fake_telegram.refusal import Refused, bad_request
from tests.fake_telegram.world import Message, World

Arguments = Mapping[str, str]


def get_me(world: World, _: Arguments) -> Any:
    return _bot(world)


def nothing(_: World, __: Arguments) -> Any:
    return True


def set_webhook(world: World, arguments: Arguments) -> Any:
    world.webhook = dict(arguments)
    return True


def send_message(world: World, arguments: Arguments) -> Any:
    chat = _chat(arguments)
    world.check_open(chat)
    text = plain_text(arguments.get("text", ""), arguments.get("parse_mode", ""))
    quoted = _quoted(world, chat, json.loads(arguments.get("reply_parameters", "{}")))
    sent = world.post(chat, world.bot, text, arguments["text"], buttons=_buttons(arguments), reply_to=quoted)
    return as_message(world, sent)


def send_photo(world: World, arguments: Arguments) -> Any:
    chat = _chat(arguments)
    world.check_open(chat)
    photo = arguments.get("photo", "").encode("latin-1")
    if not photo.startswith(b"\x89PNG") or len(photo) > 10_000_000:
        raise bad_request("IMAGE_PROCESS_FAILED")
    markup = arguments.get("caption", "")
    caption = plain_text(markup, arguments.get("parse_mode", ""))
    if len(caption) > 1024:
        raise bad_request("message caption is too long")
    quoted = _quoted(world, chat, json.loads(arguments.get("reply_parameters", "{}")))
    silent = arguments.get("disable_notification", "").lower() == "true"
    sent = world.post(chat, world.bot, caption, markup, reply_to=quoted, photo=len(photo), silent=silent)
    return as_message(world, sent)


def edit_message_text(world: World, arguments: Arguments) -> Any:
    chat = _chat(arguments)
    world.check_open(chat)
    message = world.message(chat, int(arguments["message_id"]))
    if message.sender != world.bot:
        raise bad_request("message can't be edited")
    text, buttons = plain_text(arguments.get("text", ""), arguments.get("parse_mode", "")), _buttons(arguments)
    if (message.markup, message.buttons) == (arguments["text"], buttons):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same"
            " as a current content and reply markup of the message"
        )
    message.edits.append(message.text)
    message.text, message.markup, message.buttons = text, arguments["text"], buttons
    return as_message(world, message)


def answer_callback_query(world: World, arguments: Arguments) -> Any:
    press = arguments.get("callback_query_id", "")
    if not press.isdecimal() or not 0 < int(press) < world.next_press:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    world.answers.append({"press": int(press), "text": arguments.get("text", "")})
    return True


def get_updates(world: World, arguments: Arguments) -> Any:
    """Waits up to `timeout` seconds; an offset confirms what is before it; a second poll ends the first."""
    deadline = time.monotonic() + float(arguments.get("timeout", 0))
    offset, allowed = int(arguments.get("offset", 0)), json.loads(arguments.get("allowed_updates", "[]"))
    world.updates[:] = [update for update in world.updates if update["update_id"] >= offset]
    world.polls += 1
    mine = world.polls
    world.changed.notify_all()
    while True:
        if mine != world.polls:
            raise Refused(409, "Conflict: terminated by other getUpdates request; make sure that only one bot runs")
        found = [update for update in world.updates if not allowed or set(update) & set(allowed)]
        left = deadline - time.monotonic()
        if found or left <= 0:
            return found[:100]
        world.changed.wait(left)


METHODS: Mapping[str, Callable[[World, Arguments], Any]] = {
    "getMe": get_me,
    "deleteWebhook": nothing,
    "setMyCommands": nothing,
    "setWebhook": set_webhook,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "editMessageText": edit_message_text,
    "answerCallbackQuery": answer_callback_query,
    "getUpdates": get_updates,
}


def as_message(world: World, message: Message) -> dict[str, Any]:
    """The message as the Bot API writes it."""
    by_bot = message.sender == world.bot
    found: dict[str, Any] = {
        "message_id": message.message_id,
        "date": int(time.time()),
        "chat": {"id": message.chat, "type": "private" if message.chat > 0 else "group"},
        "from": _bot(world) if by_bot else as_user(message.sender),
        "text": message.text,
    }
    if message.buttons:
        found["reply_markup"] = {"inline_keyboard": message.buttons}
    if message.reply_to is not None:
        found["reply_to_message"] = as_message(world, world.message(message.chat, message.reply_to))
    return found


def as_user(number: int) -> dict[str, Any]:
    """A person."""
    return {"id": number, "is_bot": False, "first_name": f"Person {number}"}


def _bot(world: World) -> dict[str, Any]:
    return {"id": world.bot, "is_bot": True, "first_name": "Faultline", "username": "faultline_bot"}


def _chat(arguments: Arguments) -> int:
    try:
        return int(arguments["chat_id"])
    except (KeyError, ValueError):
        raise bad_request("chat not found") from None


def _quoted(world: World, chat: int, parameters: Mapping[str, Any]) -> int | None:
    wanted = parameters.get("message_id")
    if wanted is None or any((message.chat, message.message_id) == (chat, wanted) for message in world.messages):
        return wanted
    if parameters.get("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def _buttons(arguments: Arguments) -> list[list[dict[str, str]]]:
    rows: list[list[dict[str, str]]] = json.loads(arguments.get("reply_markup", "{}")).get("inline_keyboard", [])
    for button in (button for row in rows for button in row):
        if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
    return rows
