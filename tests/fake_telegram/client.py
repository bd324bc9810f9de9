"""How tests make people write and press, and look at what the bot sent."""

import http.client
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.fake_telegram.calls import Call
from tests.fake_telegram.server import TOKEN, FakeTelegram


class Chats:
    """The people at the other end of a fake server, wherever it runs."""

    def __init__(self, url: str, token: str = TOKEN) -> None:
        self.url = url
        self.token = token

    def say(self, user: int, text: str, **more: Any) -> dict[str, int]:
        """Somebody writes; `update_id` and `message_id`."""
        said: dict[str, int] = self._post("say", {"user": user, "text": text, **more})
        return said

    def press(self, user: int, message: dict[str, Any], button: int = 0, **more: Any) -> dict[str, int]:
        """Somebody presses a button of a message; `update_id` and `press`."""
        asked = {"user": user, "chat": message["chat"], "message_id": message["message_id"], "button": button, **more}
        pressed: dict[str, int] = self._post("press", asked)
        return pressed

    def replay(self, update: dict[str, Any]) -> None:
        """An update comes exactly as given."""
        self._post("replay", update)

    def chat(self, number: int, state: str, **more: Any) -> None:
        """A chat changes: open, unknown, blocked, moved."""
        self._post("chat", {"id": number, "state": state, **more})

    def fault(self, kind: str, **more: Any) -> None:
        """The next calls go wrong."""
        self._post("fault", {"kind": kind, **more})

    def messages(self, chat: int | None = None) -> Sequence[dict[str, Any]]:
        """What the bot wrote, oldest first."""
        found = self._ask("GET", "messages", None)["messages"]
        bot = int(self.token.partition(":")[0])
        return [message for message in found if message["sender"] == bot and chat in (None, message["chat"])]

    def calls(self) -> Sequence[Call]:
        """Every send and edit that the bot tried, in the order in which they came."""
        return [Call(**call) for call in self._ask("GET", "calls", None)]

    def webhook(self) -> dict[str, str]:
        """Where the bot wants its updates brought, and with which secret."""
        asked: dict[str, str] = self._ask("GET", "webhook", None)
        return asked

    def updates(self) -> Sequence[dict[str, Any]]:
        """What waits to be asked for, or to be brought."""
        waiting: Sequence[dict[str, Any]] = self._ask("GET", "updates", None)
        return waiting

    def answers(self) -> Sequence[str]:
        """What was shown to people who pressed a button."""
        return [answer["text"] for answer in self._ask("GET", "messages", None)["answers"]]

    def _post(self, what: str, content: Any) -> Any:
        return self._ask("POST", what, json.dumps(content))

    def _ask(self, method: str, what: str, body: str | None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=90)
        try:
            connection.request(method, f"/control/{what}", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
            assert response.status == 200, content
            return json.loads(content)
        finally:
            connection.close()


@contextmanager
def running() -> Iterator[Chats]:
    """A server in this process, for as long as the block."""
    with FakeTelegram("127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield Chats(server.url)
        server.shutdown()
        thread.join()
