"""Commands of ours as processes, with what they cost."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil

from core.errors import UserError

ROOT = Path(__file__).parent.parent


class Process:
    """A command, of ours unless `program` says otherwise, that goes on until its block ends."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        program: Sequence[str] = (sys.executable, "-m", "app"),
    ) -> None:
        self._log = log
        self._name = arguments[0]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*program, *arguments],
                cwd=ROOT,
                env={**os.environ, **environment, "FAULTLINE_PARENT": str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches the bench alone, which ends it
            )
        self._seen = psutil.Process(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def check(self) -> None:
        """UserError with its last words where it has ended."""
        if (code := self._process.poll()) is not None:
            raise UserError(f"{self._name} ended with {code}: {last_words(self._log)}")

    def cpu_s(self) -> float:
        """Seconds of CPU that it has used so far."""
        times = self._seen.cpu_times()
        return float(times.user + times.system)

    def peak_rss_mb(self) -> float:
        """Most memory held so far, in 10^6 bytes."""
        return peak_rss_mb(self._seen)


def peak_rss_mb(process: psutil.Process) -> float:
    """Most memory that it held so far, in 10^6 bytes; where the system keeps no such mark, what it holds now.

    Not `ru_maxrss`, which begins with what the parent holds. 0: it has ended.
    """
    status = Path(f"/proc/{process.pid}/status")
    try:
        if status.exists():
            mark = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
            return int(mark.group(1)) * 1024 / 1e6 if mark else 0.0
        return float(process.memory_info().rss / 1e6)
    except (OSError, psutil.Error):
        return 0.0


def run(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    """A command of ours, run to its end. UserError with its last words where it fails."""
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env={**os.environ, **environment, "FAULTLINE_PARENT": str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise UserError(f"{arguments[0]} ended with {done.returncode}: {last_words(log)}")


def last_words(log: Path) -> str:
    """The end of what a process said."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]) or "it said nothing"
