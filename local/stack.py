"""Kafka, Postgres and S3 on this machine, started together, with their data in one directory."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from local import directory as place
from local.downloads import default_cache
from local.kafka import Kafka
from local.lock import held
from local.object_store import INNER_PORTS, ObjectStore
from local.ports import HOST, choose
from local.postgres import Postgres
from local.remembered import Remembered, load, save, with_ports
from local.server import Cancelled, Server
from local.termination import raised_on_sigterm

_CONTROLLER = "Kafka's controller"


@dataclass(frozen=True)
class Addresses:
    """Where the three servers answer, and the credentials of their owner."""

    kafka_bootstrap_servers: str
    database_url: str
    s3_endpoint_url: str
    s3_access_key_id: str
    s3_secret_access_key: str


@dataclass(frozen=True)
class Ports:
    """The ports that somebody configured; 0 takes that of the last run, or a free one."""

    kafka: int = 0
    postgres: int = 0
    s3: int = 0

    def configured(self) -> dict[str, int]:
        """By server, without those left to us."""
        wanted = {Kafka.name: self.kafka, Postgres.name: self.postgres, ObjectStore.name: self.s3}
        return {name: port for name, port in wanted.items() if port}


def silent(line: str) -> None:
    """Report to nobody."""


class Stack:
    """Three running servers; each has `pid`, `kill()` (SIGKILL) and `restart()`."""

    def __init__(self, directory: Path, cache: Path, remembered: Remembered) -> None:
        port = remembered.ports
        key, secret = remembered.s3_access_key_id, remembered.s3_secret_access_key
        inner = {name: port[name] for name in INNER_PORTS}
        self.kafka = Kafka(directory / "kafka", port[Kafka.name], port[_CONTROLLER], cache)
        self.postgres = Postgres(directory / "postgres", port[Postgres.name], remembered.postgres_password)
        self.object_store = ObjectStore(directory / "s3", port[ObjectStore.name], inner, key, secret)
        self.addresses = Addresses(
            f"{HOST}:{self.kafka.port}", self.postgres.url, f"http://{HOST}:{self.object_store.port}", key, secret
        )

    @property
    def servers(self) -> list[Server]:
        """All three."""
        return [self.kafka, self.postgres, self.object_store]

    @classmethod
    @contextmanager
    def start(
        cls,
        directory: Path,
        ports: Ports = Ports(),
        *,
        cache: Path | None = None,
        report: Callable[[str], None] = silent,
    ) -> Iterator["Stack"]:
        """A stack that answers, stopped at the end; one that runs detached in this directory is used and left running."""
        directory = place.prepared(directory)
        if place.is_detached(directory):
            yield join(directory, ports, cache, report)
            return
        with raised_on_sigterm(), held(directory / "lock"):
            stack = fresh(directory, ports, cache)
            try:
                stack.up(report)
                yield stack
            finally:
                stack.down()

    def check(self) -> None:
        """A UserError tells about the first server that died."""
        for server in self.servers:
            if server.pid is None:
                raise UserError(server.last_words())

    def up(self, report: Callable[[str], None]) -> None:
        """Start, all at once, the servers that do not run."""
        cancelled = threading.Event()
        with ThreadPoolExecutor(3) as pool:
            try:
                starts = [pool.submit(server.start, report, cancelled) for server in self.servers if server.pid is None]
                done, _ = wait(starts, return_when=FIRST_EXCEPTION)
                for start in done:
                    start.result()
            except BaseException:
                cancelled.set()
                raise

    def down(self) -> None:
        """Stop, all at once, the servers that run; a second Ctrl-C kills them."""
        with ThreadPoolExecutor(3) as pool:
            try:
                wait([pool.submit(server.stop) for server in self.servers])
            except BaseException:
                for server in self.servers:
                    server.kill()
                raise


def fresh(directory: Path, ports: Ports, cache: Path | None) -> Stack:
    """A stack that does not run yet; what a killed run left behind is stopped first. Hold the lock."""
    saved = load(directory / "stack.json")
    if saved.ports:
        Stack(directory, cache or default_cache(), saved).down()
    names = (Kafka.name, Postgres.name, ObjectStore.name, _CONTROLLER, *INNER_PORTS)
    remembered = with_ports(saved, choose(names, ports.configured(), saved.ports))
    save(directory / "stack.json", remembered)
    return Stack(directory, cache or default_cache(), remembered)


def join(directory: Path, ports: Ports, cache: Path | None, report: Callable[[str], None]) -> Stack:
    """The detached stack of this directory; what died of it is started again."""
    remembered = load(directory / "stack.json")
    for name, port in ports.configured().items():
        if remembered.ports[name] != port:
            raise UserError(
                f"The stack in {directory} runs with {name} on port {remembered.ports[name]}, not {port}: "
                "stop it first (./run stack stop)."
            )
    stack = Stack(directory, cache or default_cache(), remembered)
    if any(server.pid is None for server in stack.servers):
        with held(directory / "lock"):
            stack.up(report)
    return stack
