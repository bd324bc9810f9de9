"""Real commands of ours as real processes, and waiting for what they bring about."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATIENCE_S = 90.0
"""How long is waited for what should come soon: a slow or busy machine is no fault, and a quick one waits no longer."""


class Running:
    """A command that runs until it is told to stop."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], log: Path, module: str = "app") -> None:
        self.log = log
        self.asked_to_end = False
        """By `kill` or `stop`: any other end is one of its own."""
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        self.asked_to_end = True
        self._process.kill()
        self._process.wait()

    def kill_after(self, seconds: float) -> bool:
        """kill -9 unless it ends by itself in so many seconds; whether it had to be killed."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return True
        return False

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def stop(self, seconds: float = PATIENCE_S) -> int:
        """SIGTERM; its exit code once it has ended."""
        self.asked_to_end = True
        if self.running:
            self._process.send_signal(signal.SIGCONT)  # a stopped process would not hear
            self._process.terminate()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop within {seconds} s after SIGTERM:\n{self.tail()}") from None

    def said(self, words: str) -> bool:
        """Whether it said these words so far."""
        return words in self.log.read_text(errors="replace")

    def tail(self, lines: int = 30) -> str:
        """The end of what it said."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def run(arguments: list[str], environment: Mapping[str, str], seconds: float = 240) -> subprocess.CompletedProcess[str]:
    """A command run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and end it where it does not."""
    process.terminate()
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S, pause: float = 0.05) -> float:
    """Seconds until the condition held; AssertionError names `what` did not happen in time."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(pause)  # polls a condition with a deadline
    return time.monotonic() - began
