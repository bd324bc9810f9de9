"""An installation in containers, as somebody gets it who clones the project and starts it."""

import json
import os
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.wiring import ROOT
from local.ports import choose
from tests.fake_telegram.client import Chats
from tests.fake_telegram.server import TOKEN
from tests.processes import wait_until

_START_S = 300
_FILES = ("docker-compose.yml", "tests/compose/telegram.yml")


class Installation:
    """A compose project of its own, from a clean clone of what is committed."""

    def __init__(self, folder: Path, with_a_bot: bool = True) -> None:
        self.folder = folder / "faultline"
        self.project = f"faultline-test-{uuid.uuid4().hex[:8]}"
        ports = choose(["page", "grafana"], {}, {})
        self.page_port, self.grafana_port = ports["page"], ports["grafana"]
        self._image = f"{self.project}:test"
        _run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(self.folder)])
        given = f"TELEGRAM_BOT_TOKEN={TOKEN}\n" if with_a_bot else ""
        (self.folder / ".env").write_text(
            f"{given}FAULTLINE_IMAGE={self._image}\nPRODUCER_RATE=100\n"
            f"PAGE_PORT={self.page_port}\nGRAFANA_PORT={self.grafana_port}\n",
            encoding="utf-8",
        )

    def up(self) -> None:
        """Start and wait until everything is healthy."""
        started = self.compose("up", "--detach", "--wait", "--wait-timeout", str(_START_S), check=False)
        assert started.returncode == 0, f"{started.stderr}\n{self.logs(tail=15)}"

    def shell(self, command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command as a person types it in the clone's folder."""
        of_this_one = {"COMPOSE_PROJECT_NAME": self.project, "COMPOSE_FILE": ":".join(_FILES)}
        return _run(["sh", "-c", command], self.folder, check, of_this_one)

    def down(self) -> None:
        """Stop and remove the containers; the volumes stay."""
        self.compose("down", "--timeout", "40")

    def lose_every_volume(self) -> None:
        """All that the installation kept is gone; the people's phones are not."""
        self.down()
        listed = ["docker", "volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}"]
        names = _run(listed).stdout.split()
        _run(["docker", "volume", "rm", *(name for name in names if not name.endswith("_telegram"))])

    def end(self) -> None:
        """Leave nothing behind."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)
        _run(["docker", "image", "rm", "--force", self._image], check=False)

    def faultline(self, service: str, *arguments: str) -> str:
        """Run a command of ours inside a service; what it printed."""
        return self.compose("exec", "-T", service, "faultline", *arguments).stdout

    def inside(self, service: str, script: str) -> str:
        """What a shell script prints inside a service."""
        return self.compose("exec", "-T", service, "sh", "-c", script).stdout

    def python(self, service: str, program: str) -> str:
        """What a Python program prints inside a service."""
        return self.compose("exec", "-T", service, "python", "-c", program).stdout

    def one(self, query: str) -> str:
        """The single value that the database says, as text."""
        select = ("psql", "--username", "faultline", "--tuples-only", "--no-align", "--command", query)
        return self.compose("exec", "-T", "postgres", *select).stdout.strip()

    def prometheus(self, query: str) -> Mapping[str, float]:
        """What Prometheus says now: by job."""
        url = "http://127.0.0.1:9090"
        asked = ("promtool", "query", "--format=json", "instant", url, query)
        rows = json.loads(self.compose("exec", "-T", "prometheus", *asked).stdout)
        return {row["metric"]["job"]: float(row["value"][1]) for row in rows}

    def wait_for(self, query: str, what: str, seconds: float = 60) -> None:
        """Wait until the query says true."""
        wait_until(lambda: self.one(query) == "t", what, seconds, pause=0.5)

    def logs(self, tail: int | None = None) -> str:
        """What all the services said."""
        return self.compose("logs", "--no-color", "--tail", "all" if tail is None else str(tail)).stdout

    def inspect(self) -> Mapping[str, Any]:
        """What Docker tells of each service's container, those included that ran once."""
        ids = self.compose("ps", "--all", "--quiet").stdout.split()
        containers = json.loads(_run(["docker", "inspect", *ids]).stdout)
        return {container["Config"]["Labels"]["com.docker.compose.service"]: container for container in containers}

    def image(self) -> Mapping[str, Any]:
        """What Docker tells of the image of our processes."""
        (found,) = json.loads(_run(["docker", "image", "inspect", self._image]).stdout)
        return dict(found)

    def secrets(self) -> Sequence[str]:
        """Every secret that the installation made, and the bot's token."""
        read = ["docker", "run", "--rm", "--volume", f"{self.project}_secrets:/vault:ro", "python:3.12-slim"]
        script = "for file in /vault/*_password /vault/signing.pem; do grep -v -e ----- $file; done"
        return [*_run([*read, "sh", "-c", script]).stdout.split(), TOKEN.partition(":")[2]]

    @property
    def page(self) -> str:
        """Where a browser on this machine finds it."""
        return f"http://127.0.0.1:{self.page_port}"

    @property
    def chats(self) -> Chats:
        """The people with Telegram."""
        return Chats("http://" + self.compose("port", "telegram", "8081").stdout.strip())

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """docker compose, with the stand-in for Telegram beside the services."""
        files = [word for file in _FILES for word in ("--file", file)]
        return _run(["docker", "compose", "--project-name", self.project, *files, *arguments], self.folder, check)


def why_no_docker() -> str:
    """What is missing; empty where Docker and its compose plugin answer."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            answer = _run(command, check=False)
        except FileNotFoundError:
            return "docker is not installed"
        if answer.returncode != 0:
            return f"`{' '.join(command)}` fails: {answer.stderr.strip()}"
    return ""


def _run(
    command: Sequence[str], folder: Path = ROOT, check: bool = True, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    # Variables of this shell would win over the clone's .env.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM_", "COMPOSE_"))}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_START_S + 120,
        check=False,
    )
    assert done.returncode == 0 or not check, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done
