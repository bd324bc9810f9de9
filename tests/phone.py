"""A person with a phone beside a whole installation: told, answering, and the next model that learnt of it."""

import json
from collections.abc import Sequence
from typing import Any

from tests.fake_telegram.client import Chats
from tests.processes import wait_until
from tests.world import World

_LOADED = """
    SELECT EXISTS (SELECT FROM model_load l JOIN machine m ON m.id = l.machine
                    WHERE m.name = :name AND number = 2 AND outcome = 'loaded')"""


class Phone:
    """Of an engineer, who hears of every machine."""

    def __init__(self, world: World, telegram: Chats, user: int) -> None:
        """Before the installation's processes start."""
        self.world = world
        self._telegram = telegram
        self._user = user
        world.environment |= {"TELEGRAM_API_URL": telegram.url, "TELEGRAM_BOT_TOKEN": telegram.token}
        world.run("operators", "add", "ann", "--telegram-id", str(user), "--role", "engineer")

    def alerts(self) -> Sequence[dict[str, Any]]:
        """The messages that raised them, as they read now."""
        messages = self._telegram.messages(self._user)
        return [message for message in messages if "needs attention" in message["text"]]

    def alert(self, number: int) -> dict[str, Any]:
        """So many have come, and this is the last of them."""
        wait_until(lambda: len(self.alerts()) == number, f"alert {number}\n{self.world.logs()}", 60)
        return self.alerts()[-1]

    def wait_until_explained(self) -> None:
        """Each of them says what spoke for it."""
        what = f"what spoke for each alert\n{self.world.logs()}"
        wait_until(lambda: all("What spoke for " in alert["text"] for alert in self.alerts()), what, 60)

    def answer(self, alert: dict[str, Any], text: str) -> None:
        """Write to an alert's message; it is a label when this returns."""
        before = self.world.one("SELECT count(*) FROM label")
        self._telegram.say(self._user, text, reply_to=alert["message_id"])
        self.world.wait_for("SELECT count(*) > :before FROM label", "the answer is a label", 60, before=before)


def second_model(world: World, machine: str, *how: str) -> dict[str, Any]:
    """Retrain by the running trainer: version 2 is promoted, and loaded by the running consumer; what was printed."""
    report: dict[str, Any] = json.loads(world.run("retrain", machine, *how, "--json").stdout)
    assert (report["state"], report["version"]) == ("promoted", 2), report
    world.wait_for(_LOADED, "reloaded", 60, name=machine)
    return report
