"""What the three servers have in common: prepare the data, start, wait until it answers, stop."""

import errno
import re
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from time import monotonic

from core.errors import FaultlineError, UserError
from local.process import Child, as_user

_LOUD = re.compile(r"\b(ERROR|FATAL|PANIC|DETAIL|HINT|error:|\w+Exception:)|^[EF]\d{4} ")
_START_SECONDS = 60.0  # on a busy machine; a server that dies is noticed at once


class Cancelled(FaultlineError):
    """The stack is being stopped: give up waiting."""


class Server(ABC):
    """A server on this machine with its data in a directory of its own."""

    name: str
    stop_signal = signal.SIGTERM
    patience = 20.0  # seconds to stop in
    user: str | None = None

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        self.child = Child(directory.parent, directory.name)

    @abstractmethod
    def prepare(self, report: Callable[[str], None]) -> None:
        """Fetch what is missing and make the data the first time; half-made data is never used."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line of the server."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it answers a request of its own protocol."""

    def environment(self) -> dict[str, str]:
        """Nothing of ours: a PGPORT or an AWS_ACCESS_KEY_ID of the person would change the server."""
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.directory), "LC_ALL": "C.UTF-8"}

    @property
    def pid(self) -> int | None:
        """Its process id while it lives."""
        return self.child.pid

    def start(self, report: Callable[[str], None], cancelled: Event) -> None:
        """Start it and return once it answers; a UserError tells why it died."""

        def say(line: str) -> None:
            if cancelled.is_set():
                raise Cancelled
            report(line)

        try:
            self.prepare(say)
            self.child.spawn(self.command(), self.directory, self.environment(), self.user)
        except OSError as e:
            raise UserError(self._why([str(e)])) from e
        deadline = monotonic() + _START_SECONDS
        while not self.is_ready():
            if self.pid is None:
                raise UserError(self.last_words())
            if monotonic() > deadline:
                raise UserError(f"{self.name} does not answer after {_START_SECONDS:.0f} s; its log: {self.child.log}")
            if cancelled.wait(0.02):
                raise Cancelled

    def stop(self) -> None:
        """Stop it cleanly; kill it when it does not."""
        self.child.stop(self.stop_signal, self.patience)

    def kill(self) -> None:
        """SIGKILL it and its children."""
        self.child.kill()

    def restart(self) -> None:
        """Start it again on the same data and port, and return once it answers."""
        self.stop()
        self.start(lambda _: None, Event())

    def last_words(self) -> str:
        """Why it is not running, in one line."""
        return self._why(self.child.last_lines())

    def run(self, command: Sequence[str], stdin: str = "") -> None:
        """Run a command that makes data, as the server would run; a UserError tells why it failed."""
        done = subprocess.run(
            command,
            cwd=self.directory,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            **as_user(self.user),
        )
        if done.returncode != 0:
            raise UserError(self._why((done.stdout + done.stderr).splitlines()))

    def _why(self, said: Sequence[str]) -> str:
        if any(f"[Errno {errno.ENOSPC}]" in line or "No space left on device" in line for line in said):
            return f"{self.name} stopped: no space left on the disk of {self.directory}. Free some, then start again."
        return f"{self.name} stopped. The last it said: {telling(said) or 'nothing'} (its log: {self.child.log})"


def telling(log: Sequence[str]) -> str:
    """The end of a log in one line: of the errors in it where there are some, since a stack trace hides them."""
    lines = [line.strip() for line in log if line.strip()]
    loud = [line for line in lines if _LOUD.search(line)]
    return " | ".join(line[:300] for line in (loud or lines)[-3:])
