"""`./run alerts` as real processes on a real database, before a stand-in for Telegram."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.alert_world import ANNA, AlertWorld, alert_world
from tests.fake_telegram.client import Chats, running
from tests.processes import Running, wait_until


@dataclass
class Installation:
    """A database with Anna as its operator, her phone, and alerts processes."""

    world: AlertWorld
    telegram: Chats
    environment: dict[str, str]
    folder: Path
    module: str = "app"
    """Run instead of ours where a test wires the process otherwise."""
    started: list[Running] = field(default_factory=list)

    def start(self) -> Running:
        self.started.append(Running(["alerts"], self.environment, self.folder / "alerts.log", self.module))
        return self.started[-1]

    def alert(self, device: str = "press-1", chat: int = ANNA) -> dict[str, Any]:
        """An alert, once it is on the phone."""
        self.world.alert(device)
        self.wait(lambda: bool(self.about(device, chat)), f"the alert of {device} on the phone")
        return self.about(device, chat)[-1]

    def about(self, device: str, chat: int) -> list[dict[str, Any]]:
        return [message for message in self.telegram.messages(chat) if f"device {device} needs" in message["text"]]

    def outcomes(self) -> list[str]:
        return [row.outcome for row in self.world.rows("SELECT outcome FROM inbox ORDER BY id")]

    def wait(self, condition: Callable[[], object], what: str) -> None:
        wait_until(lambda: bool(condition()), f"{what}\n{self.log()}")

    def log(self) -> str:
        return self.started[-1].tail() if self.started else ""


@contextmanager
def alerts_installation(database_url: str, folder: Path) -> Iterator[Installation]:
    """An installation; at its end its processes are killed and their logs searched for the token."""
    with alert_world(database_url) as world, running() as telegram:
        world.operator("Anna", ANNA)
        environment = {
            "DATABASE_URL": database_url,
            "TELEGRAM_API_URL": telegram.url,
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "LOG_LEVEL": "DEBUG",
        }
        found = Installation(world, telegram, environment, folder)
        yield found
        for process in found.started:
            process.kill()
        for process in found.started:
            assert telegram.token not in process.log.read_text(), "I11: no secret in any log"
