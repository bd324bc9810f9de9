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
from local.ports import HOST, choose, is_free
from local.postgres import Postgres
from local.remembered import Remembered, load, save, with_ports
from local.server import Server
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


ANY_PORTS = Ports()


def silent(line: str) -> None:
    """Report to nobody."""


class Stack:
    """Three servers; each has `pid`, `kill()` (SIGKILL) and `restart()` on the same data and port."""

    def __init__(self, directory: Path, remembered: Remembered, cache: Path | None = None) -> None:
        port = remembered.ports
        self._ports = tuple(port.values())
        key, secret = remembered.s3_access_key_id, remembered.s3_secret_access_key
        inner = {name: port[name] for name in INNER_PORTS}
        self.kafka = Kafka(directory / "kafka", port[Kafka.name], port[_CONTROLLER], cache or default_cache())
        self.postgres = Postgres(directory / "postgres", port[Postgres.name], remembered.postgres_password)
        self.object_store = ObjectStore(directory / "s3", port[ObjectStore.name], inner, key, secret)
        self.servers: list[Server] = [self.kafka, self.postgres, self.object_store]
        self.addresses = Addresses(
            f"{HOST}:{self.kafka.port}", self.postgres.url, f"http://{HOST}:{self.object_store.port}", key, secret
        )

    @classmethod
    @contextmanager
    def start(
        cls,
        directory: Path,
        ports: Ports = ANY_PORTS,
        *,
        cache: Path | None = None,
        report: Callable[[str], None] = silent,
    ) -> Iterator["Stack"]:
        """A stack that answers, stopped at the end; one that runs detached in `directory` is used and left running."""
        directory = place.prepared(directory)
        if running := detached(directory, ports, cache):
            running.complete(directory, report)
            yield running
            return
        with raised_on_sigterm(), held(directory / "lock"):
            stack = begun(directory, ports, cache, report)
            try:
                yield stack
            finally:
                stack.down()

    def check(self) -> None:
        """A UserError tells about the first server that died."""
        for server in self.servers:
            if server.pid is None:
                raise UserError(server.last_words())

    def complete(self, directory: Path, report: Callable[[str], None]) -> None:
        """Start what died of a detached stack."""
        if any(server.pid is None for server in self.servers):
            with held(directory / "lock"):
                self.up(report)

    def up(self, report: Callable[[str], None]) -> None:
        """Start, all at once, the servers that do not run."""
        cancelled = threading.Event()
        with ThreadPoolExecutor(len(self.servers)) as pool:
            try:
                starts = [pool.submit(server.start, report, cancelled) for server in self.servers if server.pid is None]
                for start in wait(starts, return_when=FIRST_EXCEPTION).done:
                    start.result()
            except BaseException:  # Ctrl-C too: the threads give up soon after this
                cancelled.set()
                raise

    def lost_a_port(self) -> bool:
        """Whether somebody else has a port of this stack, which does not run."""
        return not all(map(is_free, self._ports))

    def down(self) -> None:
        """Stop, all at once, the servers that run; a second Ctrl-C kills them."""
        with ThreadPoolExecutor(len(self.servers)) as pool:
            try:
                for stop in wait([pool.submit(server.stop) for server in self.servers]).done:
                    stop.result()
            except BaseException:
                for server in self.servers:
                    server.kill()
                raise


def begun(directory: Path, ports: Ports, cache: Path | None, report: Callable[[str], None]) -> Stack:
    """A stack that answers. Hold the lock.

    Somebody may take a port between our look at it and its server's start: then others are looked for.
    """
    for more_tries in (2, 1, 0):
        stack = fresh(directory, ports, cache)
        try:
            stack.up(report)
            break
        except BaseException as error:
            stack.down()
            if not (isinstance(error, UserError) and more_tries and stack.lost_a_port()):
                raise
    return stack


def fresh(directory: Path, ports: Ports, cache: Path | None) -> Stack:
    """A stack that does not run yet; what a killed run left behind is stopped first. Hold the lock."""
    saved = load(directory / "stack.json")
    if saved.ports:
        Stack(directory, saved).down()
    place.unmark_detached(directory)
    place.check_room(directory)
    names = (Kafka.name, Postgres.name, ObjectStore.name, _CONTROLLER, *INNER_PORTS)
    remembered = with_ports(saved, choose(names, ports.configured(), saved.ports))
    save(directory / "stack.json", remembered)
    return Stack(directory, remembered, cache)


def detached(directory: Path, ports: Ports, cache: Path | None) -> Stack | None:
    """The stack that runs in the background of this directory, if one does."""
    if not place.is_detached(directory):
        return None
    remembered = load(directory / "stack.json")
    stack = Stack(directory, remembered, cache)
    if all(server.pid is None for server in stack.servers):
        return None  # the machine was started anew since
    for name, port in ports.configured().items():
        if remembered.ports[name] != port:
            raise UserError(
                f"The stack in {directory} runs with {name} on port {remembered.ports[name]}, not {port}: "
                "stop it first (./run stack stop)."
            )
    return stack
