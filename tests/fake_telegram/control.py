"""What tests make people and the network do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fake_telegram.methods import as_message, as_user
from tests.fake_telegram.world import World

FAULTY = ("sendMessage", "editMessageText")
"""What faults hit unless they name another method."""


@dataclass
class Fault:
    """What goes wrong with the next calls."""

    kind: str
    """flood: 429. blocked: 403. error: 500. lost: done, but the connection breaks before the answer. hang: done, but
    the answer takes `seconds`, or until the caller hangs up. drop: the connection breaks before it is done."""
    count: int = 1
    seconds: float = 1
    method: str = ""
    """Empty: sends and edits."""


@dataclass
class Faults:
    """The faults still to come, in order."""

    waiting: list[Fault] = field(default_factory=list)

    def take(self, method: str) -> Fault | None:
        """The fault of this call, if one is meant for it."""
        for fault in self.waiting:
            if method == fault.method or (not fault.method and method in FAULTY):
                fault.count -= 1
                if fault.count <= 0:
                    self.waiting.remove(fault)
                return fault
        return None


def say(world: World, asked: Mapping[str, Any]) -> Any:
    """Somebody writes, in private unless `chat` says where; the update's number and the message's."""
    user = int(asked["user"])
    reply_to = int(asked["reply_to"]) if asked.get("reply_to") else None
    text = str(asked["text"])
    message = world.post(int(asked.get("chat") or user), user, text, text, reply_to=reply_to)
    written = as_message(world, message)
    if asked.get("forwarded"):
        written["forward_origin"] = {"type": "user", "date": written["date"], "sender_user": as_user(user + 1)}
    if asked.get("sender_chat"):
        written["sender_chat"] = {"id": int(asked["sender_chat"]), "type": "channel"}
    kind = "edited_message" if asked.get("edited") else "message"
    return {"update_id": world.update(**{kind: written}), "message_id": message.message_id}


def press(world: World, asked: Mapping[str, Any]) -> Any:
    """Somebody presses a button, counted from 0, or sends `data` that we never made."""
    message = world.message(int(asked["chat"]), int(asked["message_id"]))
    buttons = [button for row in message.buttons for button in row]
    data = str(asked["data"]) if "data" in asked else buttons[int(asked.get("button", 0))]["callback_data"]
    number = world.next_press
    world.next_press += 1
    query = {"id": str(number), "from": as_user(int(asked["user"])), "data": data, "chat_instance": "1"}
    return {"update_id": world.update(callback_query={**query, "message": as_message(world, message)}), "press": number}


def change_chat(world: World, asked: Mapping[str, Any]) -> Any:
    """A chat changes."""
    world.chats[int(asked["id"])] = {"state": asked["state"], "to": int(asked.get("to", 0))}
    return True


def replay(world: World, asked: Mapping[str, Any]) -> Any:
    """An update comes exactly as given, its number included."""
    world.updates.append(dict(asked))
    world.changed.notify_all()
    return True


CONTROLS: Mapping[str, Callable[[World, Mapping[str, Any]], Any]] = {
    "say": say,
    "press": press,
    "chat": change_chat,
    "replay": replay,
}
