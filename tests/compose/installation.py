"""An installation in containers, as somebody gets it who clones the project and starts it."""

import json
import os
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from app.wiring import ROOT
from local.ports import choose
from tests.fake_telegram.client import Chats
from tests.fake_telegram.server import TOKEN
from tests.processes import wait_until

_START_S = 300
_FILES = ("docker-compose.yml", "tests/compose/people.yml")


class Installation:
    """A compose project of its own, from a clean clone of what is committed."""

    def __init__(self, folder: Path, with_a_bot: bool = True) -> None:
        self.folder = folder / "faultline"
        self.project = f"faultline-test-{uuid.uuid4().hex[:8]}"
        ports = choose(["page", "api", "grafana"], {}, {})
        self.page_port, self.api_port, self.grafana_port = ports["page"], ports["api"], ports["grafana"]
        self._image = f"{self.project}:test"
        self.healthy_after_s = float("inf")
        """What the first start took, with nothing there but the image."""
        _run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(self.folder)])
        given = f"TELEGRAM_BOT_TOKEN={TOKEN}\nENGINEER_URLS=json://mailbox:8082/\n" if with_a_bot else ""
        (self.folder / ".env").write_text(
            f"{given}FAULTLINE_IMAGE={self._image}\nPRODUCER_RATE=100\n"
            f"PAGE_PORT={self.page_port}\nAPI_PORT={self.api_port}\nGRAFANA_PORT={self.grafana_port}\n",
            encoding="utf-8",
        )

    def build(self) -> None:
        """Make the image."""
        self.compose("build", "--quiet")

    def up(self, *more: str) -> float:
        """Start and wait until everything is healthy; the seconds that it took."""
        began = time.monotonic()
        started = self.compose("up", "--detach", "--wait", "--wait-timeout", str(_START_S), *more, check=False)
        assert started.returncode == 0, f"{started.stderr}\n{self.logs(tail=15)}"
        return time.monotonic() - began

    def kill(self, service: str) -> None:
        """kill -9 of its process behind Docker's back; returns once Docker has started it anew and it is healthy."""
        before = self.inspect()[service]
        beside = ("docker", "run", "--rm", "--pid=host", "python:3.12-slim", "sh", "-c")
        _run([*beside, f"kill -9 {before['State']['Pid']}"])

        def is_back() -> bool:
            now = self.inspect()[service]
            return bool(now["RestartCount"] > before["RestartCount"] and now["State"]["Health"]["Status"] == "healthy")

        wait_until(is_back, f"{service} is back and healthy", 180, pause=1)

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

    def one(self, query: str, database: str = "faultline", login: tuple[str, str] = ("faultline", "")) -> str:
        """What the database says to a login (its name and password), as text: a line for each row."""
        user, password = login
        asks = ("exec", "-T", "--env", f"PGPASSWORD={password}", "postgres", "psql", "--username", user)
        host = ("--host", "127.0.0.1") if password else ()
        select = (*host, "--dbname", database, "--tuples-only", "--no-align", "--command", query)
        return self.compose(*asks, *select).stdout.strip()

    def rows(self, query: str, **arguments: Sequence[int]) -> Sequence[Any]:
        """What the database says, by the columns' names; arguments are lists of numbers."""
        for name, numbers in arguments.items():
            query = query.replace(f":{name}", "'{" + ",".join(map(str, numbers)) + "}'")
        lines = self.one(f"SELECT row_to_json(q) FROM ({query}) q").splitlines()  # noqa: S608  # the tests' own
        return [SimpleNamespace(**json.loads(line)) for line in lines]

    def ready(self, service: str) -> str:
        """What it answers to /health/ready."""
        return self.python(service, _ASK_READY).strip()

    def beside(self, database: str, *arguments: str, detach: bool = False, **settings: str) -> str:
        """Run a command of ours in another database, as its owner; what it printed.

        With `detach` it goes on; the name of its container, which goes with it.
        """
        told = "".join(f"{name}={value} " for name, value in settings.items())
        # The URL with the password is put together inside: Docker tells everybody the words of a command.
        url = f"DATABASE_URL=$(sed 's,/faultline$,/{database},' /run/secrets/faultline/database_url)"
        script = f"{told}{url} exec faultline {' '.join(arguments)}"
        how = "--detach" if detach else "--no-TTY"
        return self.compose("run", "--rm", "--no-deps", how, "--entrypoint", "sh", "init", "-c", script).stdout.strip()

    def prometheus(self, query: str, by: str = "job") -> Mapping[str, float]:
        """What Prometheus says now: by the values of a label."""
        url = "http://127.0.0.1:9090"
        asked = ("promtool", "query", "--format=json", "instant", url, query)
        rows = json.loads(self.compose("exec", "-T", "prometheus", *asked).stdout)
        return {row["metric"].get(by, ""): float(row["value"][1]) for row in rows}

    def wait_for(self, query: str, what: str, seconds: float = 60) -> None:
        """Wait until the query says true."""
        wait_until(lambda: self.one(query) == "t", what, seconds, pause=0.5)

    def logs(self, tail: int | None = None, of: str | None = None) -> str:
        """What all the services said, or one of them."""
        services = [of] if of else []
        return self.compose("logs", "--no-color", "--tail", "all" if tail is None else str(tail), *services).stdout

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

    def password(self, of: str) -> str:
        """One of those that the installation made."""
        read = ["docker", "run", "--rm", "--volume", f"{self.project}_secrets:/vault:ro", "python:3.12-slim"]
        return _run([*read, "cat", f"/vault/{of}_password"]).stdout

    def networks(self) -> Mapping[str, bool]:
        """Each network by its name, and whether it leads nowhere else."""
        ours = ["docker", "network", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}"]
        found = json.loads(_run(["docker", "network", "inspect", *_run(ours).stdout.split()]).stdout)
        return {network["Name"]: network["Internal"] for network in found}

    def history(self) -> str:
        """How our image was made, as everybody sees who has it."""
        return _run(["docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", self._image]).stdout

    @property
    def page(self) -> str:
        """Where a browser on this machine finds it."""
        return f"http://127.0.0.1:{self.page_port}"

    @property
    def api(self) -> str:
        """Where a program on this machine finds the HTTP API."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def chats(self) -> Chats:
        """The people with Telegram."""
        return Chats("http://" + self.compose("port", "telegram", "8081").stdout.strip())

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """docker compose, with the stand-in for Telegram and a mailbox beside the services."""
        files = [word for file in _FILES for word in ("--file", file)]
        return _run(["docker", "compose", "--project-name", self.project, *files, *arguments], self.folder, check)


_ASK_READY = """
from urllib.error import HTTPError
from urllib.request import urlopen
try:
    print(urlopen("http://127.0.0.1:9100/health/ready", timeout=20).read().decode())
except HTTPError as error:
    print(error.read().decode())
"""


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
