"""Our own commands as child processes of the demo."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from app.wiring import ROOT
from core.errors import UserError

PARENT = "FAULTLINE_PARENT"
"""In a child's environment: the process it must not outlive."""


class Child:
    """A command of ours that runs beside us; what it says goes to a log file."""

    def __init__(
        self, arguments: list[str], environment: Mapping[str, str], log: Path, *, printing: bool = False
    ) -> None:
        self.name = arguments[0]
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", *arguments],
                cwd=ROOT,
                env={**os.environ, **environment, PARENT: str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=None if printing else output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches us alone: we end them in the right order
            )

    def check(self) -> None:
        """UserError with its last words where it has ended."""
        if (code := self._process.poll()) is not None:
            raise UserError(f"{self.name} ended with {code}: {self._last_words()} (more in {self._log})")

    def stop(self, seconds: float = 30) -> None:
        """SIGTERM and wait; kill it when it does not end in time."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it said nothing"]
        return next((line for line in reversed(lines) if line.startswith("faultline: ")), lines[-1])


def run_child(arguments: list[str], environment: Mapping[str, str]) -> None:
    """Run one of our commands to its end, its output shown. UserError where it fails: it has said why."""
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment, PARENT: str(os.getpid())},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        raise UserError(f"{arguments[0]} failed")
