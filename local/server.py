"""What the three servers have in common: prepare the data, start, wait until it answers, stop."""

import shutil
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from threading import Event

from core.errors import FaultlineError, UserError
from local.process import Child

_NO_SPACE = "No space left on device"
_START_SECONDS = 60.0  # on a busy machine; a server that dies is noticed at once


class Cancelled(FaultlineError):
    """The stack is being stopped: give up waiting."""


class Server(ABC):
    """A server on this machine with its data in a directory of its own."""

    name: str
    stop_signal = signal.SIGTERM
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
        self.prepare(report)
        self.child.spawn(self.command(), self.directory, self.environment(), self.user)
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
        self.child.stop(self.stop_signal, patience=20)

    def kill(self) -> None:
        """SIGKILL: as a power cut would, but for what the system has not written to the disk yet."""
        self.child.kill()

    def restart(self) -> None:
        """Start it again on the same data and port."""
        self.stop()
        self.start(lambda _: None, Event())

    def last_words(self) -> str:
        """Why it is not running, in one line: the end of its log, or the full disk."""
        lines = self.child.log.read_text(errors="replace").splitlines() if self.child.log.exists() else []
        said = [line.strip() for line in lines[-30:] if line.strip()]
        if any(_NO_SPACE in line for line in said) or shutil.disk_usage(self.directory).free == 0:
            return f"{self.name} stopped: no space left on the disk of {self.directory}. Free some, then start again."
        return f"{self.name} stopped. It said: {' | '.join(said[-3:])[-600:]} (the whole log: {self.child.log})"
