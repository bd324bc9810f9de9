"""What the bot asked for, and when: two calls at once, a hurry or a wrong order show here."""

import select
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fake_telegram.control import FAULTY


@dataclass
class Call:
    """A send or an edit."""

    method: str
    chat: str
    text: str
    began: float
    """Seconds, monotonic, of this server's machine."""
    fault: str = ""
    """What went wrong with it."""
    ended: float | None = None
    """When it was answered, or the caller hung up; None: it still waits."""


class Calls:
    """All sends and edits, in the order in which they came."""

    def __init__(self) -> None:
        self.all: list[Call] = []

    def begin(self, method: str, arguments: Mapping[str, Any]) -> Call:
        """Note a call; one that is neither send nor edit is not kept."""
        call = Call(method, str(arguments.get("chat_id", "")), str(arguments.get("text", "")), time.monotonic())
        if method in FAULTY:
            self.all.append(call)
        return call


def wait_for_hang_up(connection: socket.socket, seconds: float) -> None:
    """Wait so long, or until the caller is gone: it sends nothing while it waits for an answer."""
    select.select([connection], [], [], seconds)
