"""Postgres: the server of a wheel, over TCP with passwords; as root it runs as another user, since it refuses root."""

import shutil
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import psutil

from local import unprivileged
from local.ports import HOST
from local.process import lives
from local.remembered import write_private
from local.server import Server

_OWNER, _DATABASE = "owner", "faultline"
_INITDB = (
    f"--username={_OWNER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # Letters of every language, compared by code point: the same answer on every system, and the fastest.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # its path may be too long, and containers are reached over TCP too
    "max_connections": "100",
    "shared_buffers": "256MB",  # more gains nothing here: the system's own cache holds the rest
    "max_wal_size": "2GB",  # fewer checkpoints while readings pour in
    "checkpoint_timeout": "15min",
    "wal_buffers": "16MB",
    "fsync": "on",  # what was committed stays, whatever happens: the promise of the whole project
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "jit": "off",  # compiling costs more than our short queries take
    "random_page_cost": "1.1",  # no disk of today seeks
    "log_min_messages": "warning",
    "log_checkpoints": "off",  # one every 15 minutes would be most of the log
}


class Postgres(Server):
    """A private cluster with the database `faultline`; its superuser `owner` has a generated password."""

    name = "Postgres"
    stop_signal = signal.SIGINT  # "fast": it ends the sessions; on SIGTERM it would wait for every client to leave

    def __init__(self, directory: Path, port: int, password: str) -> None:
        super().__init__(directory, port)
        self._named = directory
        self._password = password
        self._programs = Path()

    @property
    def url(self) -> str:
        """The address with the owner's credentials."""
        return f"postgresql://{_OWNER}:{self._password}@{HOST}:{self.port}/{_DATABASE}"

    def prepare(self, report: Callable[[str], None]) -> None:
        """Make the cluster and its database."""
        self.user = unprivileged.postgres_user()
        self.directory = unprivileged.data_home(self._named, self.user)
        self._programs = unprivileged.programs(self.user)
        if (self.directory / "data").exists():
            return
        # Under another name first: a cluster whose making was interrupted is never started.
        shutil.rmtree(self.directory / "data.new", ignore_errors=True)
        password = self.directory / "password"
        write_private(password, self._password)
        if self.user:
            unprivileged.give(password, self.user)
        self.run([str(self._programs / "initdb"), "-D", "data.new", f"--pwfile={password}", *_INITDB])
        password.unlink()
        single_user = [str(self._programs / "postgres"), "--single", "-D", "data.new", "postgres"]
        self.run(single_user, stdin=f"CREATE DATABASE {_DATABASE}\n")
        (self.directory / "data.new").replace(self.directory / "data")

    def command(self) -> list[str]:
        """The server's command line."""
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        return [str(self._programs / "postgres"), "-D", str(self.directory / "data"), f"--port={self.port}", *settings]

    def environment(self) -> dict[str, str]:
        """With a locale that every system has: on macOS a missing one keeps Postgres from starting."""
        return super().environment() | {"LC_ALL": "C"} | self._stale_owner()

    def is_ready(self) -> bool:
        """Whether it asks a client to authenticate; while it recovers it answers with an error instead."""
        names = f"user\0{_OWNER}\0database\0{_DATABASE}\0\0".encode()
        try:
            with socket.create_connection((HOST, self.port), timeout=2) as connection:
                connection.sendall(struct.pack(">ii", 8 + len(names), 3 << 16) + names)
                return connection.recv(1024).startswith(b"R")
        except OSError:
            return False

    def _stale_owner(self) -> dict[str, str]:
        # Postgres refuses to start while any process of its user has the id in its lock file: after a reboot, or in a
        # restarted container, that is often an innocent one. A grandparent is the one it does not take for a rival.
        try:
            pid = int((self.directory / "data" / "postmaster.pid").read_text().split("\n")[0])
            rival = psutil.Process(pid)
            return {} if lives(rival) and rival.name() == "postgres" else {"PG_GRANDPARENT_PID": str(pid)}
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return {}
