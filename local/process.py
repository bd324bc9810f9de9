"""A child process that Ctrl-C in the terminal does not reach, that a later process finds and proves to be ours."""

import json
import pwd
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil

from local.remembered import write_private

_LOG_LIMIT = 5_000_000


class Child:
    """One server process: `<name>.pid` tells who it is, `<name>.log` what it said."""

    def __init__(self, directory: Path, name: str) -> None:
        self.log = directory / f"{name}.log"
        self._record = directory / f"{name}.pid"
        self._said_before = 0

    def spawn(self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], user: str | None) -> None:
        """Start it in a session of its own, and write down who it is."""
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)
        self._said_before = self.log.stat().st_size
        with self.log.open("ab") as log:
            popen = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C goes to the terminal's processes; the app drains before it stops us
                **as_user(user),
            )
        write_private(self._record, json.dumps({"pid": popen.pid, "started": _started(psutil.Process(popen.pid))}))
        # Takes note of its end, whenever that is, so that it does not stay as a zombie under its id.
        threading.Thread(target=popen.wait, daemon=True).start()

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
        _wait_until_gone([process], patience)
        self.kill()

    def kill(self) -> None:
        """SIGKILL it with all of its children; on return none of them is left."""
        process = self._find()
        if process is None:
            return
        family = [process, *process.children(recursive=True)]
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        _wait_until_gone(family, 10)

    def last_lines(self) -> list[str]:
        """The end of what it said; of earlier runs only where we did not start it ourselves."""
        if not self.log.exists():
            return []
        return self.log.read_bytes()[self._said_before :].decode(errors="replace").splitlines()[-50:]

    def _find(self) -> "psutil.Process | None":
        try:
            record = json.loads(self._record.read_text())
            process = psutil.Process(record["pid"])
            # A process id alone proves nothing: the system gives it to others again.
            ours = abs(_started(process) - record["started"]) < 0.5
            return process if ours and lives(process) else None
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None


def as_user(user: str | None) -> dict[str, Any]:
    """What `subprocess` needs to run a command as another user, if any."""
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _wait_until_gone(processes: Sequence["psutil.Process"], seconds: float) -> None:
    deadline = monotonic() + seconds
    while any(map(lives, processes)) and monotonic() < deadline:
        sleep(0.01)


def lives(process: "psutil.Process") -> bool:
    """Whether it runs still."""
    try:  # a zombie has ended once its last thread has: its parent has only not asked how yet
        return bool(process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False


def _started(process: "psutil.Process") -> float:
    # Seconds since boot: when somebody corrects the wall clock, the start and the boot move alike.
    return float(process.create_time() - psutil.boot_time())
