"""The chats, their messages and the updates that wait for the bot."""

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.fake_telegram.refusal import Refused, bad_request


@dataclass
class Message:
    """A message of the bot or of a person."""

    message_id: int
    chat: int
    sender: int
    text: str
    """As people see it."""
    markup: str
    """As it was sent."""
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    reply_to: int | None = None
    edits: list[str] = field(default_factory=list)
    """Earlier texts, oldest first."""
    photo: int = 0
    """Bytes of its picture; 0: it has none."""
    silent: bool = False
    """It rang nobody."""


@dataclass
class World:
    """All that a server remembers. Use under `changed`, which also tells of changes."""

    bot: int
    state_file: Path | None = None
    messages: list[Message] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    """Words shown to people who pressed a button."""
    chats: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Chats that are not simply open: id → {state, to}."""
    webhook: dict[str, str] = field(default_factory=dict)
    """What it was last told of where to bring updates; nobody brings them by themselves: tests do."""
    next_update: int = 1000
    next_press: int = 1
    polls: int = 0
    """A new long poll ends the one before it."""
    changed: threading.Condition = field(default_factory=threading.Condition)

    def message(self, chat: int, message_id: int) -> Message:
        """The message. Refused where there is none."""
        for message in self.messages:
            if (message.chat, message.message_id) == (chat, message_id):
                return message
        raise bad_request("message to edit not found")

    def post(self, chat: int, sender: int, text: str, markup: str, **more: Any) -> Message:
        """A new message; each chat counts its own."""
        number = 1 + max((message.message_id for message in self.messages if message.chat == chat), default=0)
        message = Message(number, chat, sender, text, markup, **more)
        self.messages.append(message)
        return message

    def update(self, **content: Any) -> int:
        """Something for the bot to learn of; the update's number."""
        self.next_update += 1
        self.updates.append({"update_id": self.next_update, **content})
        self.changed.notify_all()
        return self.next_update

    def check_open(self, chat: int) -> None:
        """Refused where the bot cannot write there."""
        match self.chats.get(chat, {"state": "open"}):
            case {"state": "unknown"}:
                raise bad_request("chat not found")
            case {"state": "blocked"}:
                raise Refused(403, "Forbidden: bot was blocked by the user")
            case {"state": "moved", "to": to}:
                raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=to)

    def as_json(self) -> dict[str, Any]:
        """All messages and the words shown to people who pressed."""
        return {"messages": [asdict(message) for message in self.messages], "answers": self.answers}

    def save(self) -> None:
        """Keep it in the state file, where there is one."""
        if self.state_file is not None:
            kept = {**self.as_json(), "updates": self.updates, "next": [self.next_update, self.next_press]}
            kept["chats"] = list(self.chats.items())
            self.state_file.write_text(json.dumps(kept))

    @classmethod
    def load(cls, bot: int, state_file: Path | None) -> "World":
        """The world as its state file remembers it, or a new one."""
        world = cls(bot, state_file)
        if state_file is not None and state_file.exists():
            kept: Mapping[str, Any] = json.loads(state_file.read_text())
            world.messages = [Message(**message) for message in kept["messages"]]
            world.answers, world.updates = kept["answers"], kept["updates"]
            world.next_update, world.next_press = kept["next"]
            world.chats = {int(number): chat for number, chat in kept["chats"]}
        return world
