"""A child process that outlives Ctrl-C in the terminal, and that a later process can find again and prove to be ours."""

import json
import pwd
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import psutil

from local.remembered import write_private

_LOG_LIMIT = 5_000_000


class Child:
    """One server process: `<name>.pid` tells who it is, `<name>.log` what it said."""

    def __init__(self, directory: Path, name: str) -> None:
        self.log = directory / f"{name}.log"
        self._record = directory / f"{name}.pid"
        self._popen: subprocess.Popen[bytes] | None = None

    def spawn(self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], user: str | None) -> None:
        """Start it in a session of its own, and write down who it is."""
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C goes to the terminal's process group: the app drains first, then stops us
                **as_user(user),
            )
        record = {"pid": self._popen.pid, "started": _started(psutil.Process(self._popen.pid))}
        write_private(self._record, json.dumps(record))

    @property
    def pid(self) -> int | None:
        """Its process id while it lives."""
        process = self._find()
        return process.pid if process else None

    def stop(self, how: signal.Signals, patience: float) -> None:
        """Ask it to stop; kill it when it has not after so many seconds."""
        process = self._find()
        if process is None:
            return
        process.send_signal(how)
        deadline = monotonic() + patience
        while self._find() and monotonic() < deadline:
            self._wait(0.05)
        self.kill()

    def kill(self) -> None:
        """SIGKILL it with all of its children; on return none of them is left."""
        process = self._find()
        if process is None:
            return
        family = [process, *process.children(recursive=True)]
        for member in family:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue
        self._wait(10)
        psutil.wait_procs(family, timeout=10)

    def _wait(self, seconds: float) -> None:
        try:
            if self._popen:
                self._popen.wait(seconds)
            elif process := self._find():
                process.wait(seconds)
        except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
            return

    def _find(self) -> "psutil.Process | None":
        if self._popen and self._popen.poll() is not None:  # also reaps it
            self._popen = None
        try:
            record = json.loads(self._record.read_text())
            process = psutil.Process(record["pid"])
            # A process id alone proves nothing: the system gives it to others again.
            ours = abs(_started(process) - record["started"]) < 0.5
            return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None


def as_user(user: str | None) -> dict[str, Any]:
    """What `subprocess` needs to run a command as another user, if any."""
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _started(process: "psutil.Process") -> float:
    # Seconds since boot: a corrected wall clock moves the start and the boot alike.
    return float(process.create_time() - psutil.boot_time())
