"""A test rig: a world on servers that may be broken, under load; at its end everything is drained and checked."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions
from sqlalchemy import text

from core.ports.stream import TopicPartition
from local.stack import Stack
from tests.faults.chat import Chat
from tests.faults.invariants import TAKEOVERS_AT_MOST, Checks
from tests.faults.lag import Lag
from tests.faults.memory import PeakMemory
from tests.faults.proxy import Proxy
from tests.load import Load
from tests.processes import PATIENCE_S, Running, wait_until
from tests.world import World

QUICK = {"KAFKA_SESSION_TIMEOUT_MS": "1500"}
"""A group that soon gives up on a silent member."""
PATIENT = {"KAFKA_SESSION_TIMEOUT_MS": "60000", "KAFKA_MAX_POLL_INTERVAL_MS": "60000"}
"""A group that waits: where nobody may lose a partition to what the test does, a busy machine takes none either."""
SHORT_POLLS = {"KAFKA_MAX_POLL_INTERVAL_MS": "30000"}
"""A broker that was away may wait that long for members of before (consumer/group_wait.py): less than tests wait."""
_SERVERS = {"postgres": "DATABASE_URL", "object_store": "S3_ENDPOINT_URL"}


@dataclass
class Rig:
    """Start processes, put them under load, break something, show that it broke, mend it, `survived`."""

    world: World
    stack: Stack
    memory: PeakMemory
    template: str
    checks: Sequence[str]
    """The invariants that the test's mark names."""
    until_the_end: ExitStack
    chat: Chat | None = None
    takeovers: int = TAKEOVERS_AT_MOST
    """I10: of one partition."""
    outcome: dict[str, str] = field(default_factory=dict, init=False)
    """By invariant, once they were checked: what does not hold, in words, or nothing."""

    def consumer(self, **environment: str) -> Running:
        """A consumer, started."""
        return self.world.start("consumer", **environment)

    def load(self, rate: int = 5000) -> Load:
        """Readings until the block ends."""
        return Load(self.world, rate)

    def proxy(self, server: str) -> Proxy:
        """Processes started from now on reach `postgres` or `object_store` through this proxy."""
        setting = _SERVERS[server]
        url = urlsplit(self.world.environment[setting])
        proxy = self.until_the_end.enter_context(Proxy(url.port or 0))
        through = url._replace(netloc=url.netloc.replace(f":{url.port}", f":{proxy.port}"))
        self.world.environment[setting] = urlunsplit(through)
        return proxy

    def lag(self) -> Lag:
        """How far the world is behind."""
        return Lag(self.world)

    def partition(self, number: int) -> TopicPartition:
        """A partition of the world's topic."""
        return TopicPartition(self.world.topic, number)

    def add_partitions(self, count: int) -> None:
        """The topic has so many from now on."""
        admin = AdminClient({"bootstrap.servers": self.world.servers.kafka_bootstrap_servers})
        admin.create_partitions([NewPartitions(self.world.topic, count)])[self.world.topic].result(30)
        self.wait_until(lambda: len(self.lag().ends()) == count, "Kafka made them")

    def progress(self) -> int:
        """How many offsets were dealt with so far."""
        return int(self.world.one("SELECT coalesce(sum(next_offset - first_offset), 0) FROM ingest_partition"))

    def wait_for(self, query: str, what: str, seconds: float = PATIENCE_S, **arguments: object) -> None:
        """Wait until the query says true: generously, since a busy machine is no fault."""
        self.wait_until(lambda: bool(self.world.one(query, **arguments)), what, seconds)

    def wait_for_progress(self, more: int = 1, seconds: float = PATIENCE_S) -> None:
        """Wait until so many more offsets are dealt with."""
        wanted = self.progress() + more
        self.wait_until(lambda: self.progress() >= wanted, f"{more} more offsets dealt with", seconds)

    def most_in_the_log(self, load: Load) -> int:
        """So many readings at most does a broker hold that takes none any more: one turn is perhaps under way."""
        return load.published + load.turn

    def wait_until_it_stands_still(self, seconds: float = 3) -> None:
        """Wait until nothing was dealt with for so long."""
        seen, since = self.progress(), time.monotonic()

        def stands_still() -> bool:
            nonlocal seen, since
            if (now := self.progress()) != seen:
                seen, since = now, time.monotonic()
            return time.monotonic() - since > seconds

        self.wait_until(stands_still, "nothing is dealt with any more")

    def wait_until_said(self, process: Running, words: str, times: int = 1, seconds: float = PATIENCE_S) -> None:
        """Wait until the process has said these words so many times."""
        self.wait_until(lambda: said(process, words) >= times, f"{times} times {words!r}", seconds)

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
        """Wait for it; in time, or the error shows what every process said."""
        try:
            wait_until(condition, what, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.world.logs()}\n{self._servers()}") from None

    def _servers(self) -> str:
        """What the servers said last: of what they got wrong themselves, nobody else would tell."""
        servers = (self.stack.kafka, self.stack.postgres, self.stack.object_store)
        return "\n".join(f"── {server.name}\n" + "\n".join(server.child.last_lines()) for server in servers)

    @contextmanager
    def holding(self, statement: str, **arguments: object) -> Iterator[None]:
        """The locks of this statement, until the block ends."""
        with self.world.owner.begin() as connection:
            connection.execute(text(statement), arguments)
            yield

    def execute(self, statement: str) -> None:
        """As the database's owner."""
        with self.world.owner.begin() as connection:
            connection.execute(text(statement))

    def survived(self, published: int | None = None, drain_s: float = 240) -> None:
        """Drain, then check every invariant of the test's mark; a drain that takes too long skips no check.

        `published`: readings that must be stored in all, where each was good and new.
        """
        self.outcome = {"drained": self._not_drained(drain_s)}
        checks = Checks(self.world, self.template, self.memory, self.chat, self.takeovers)
        self.outcome |= checks.of(self.checks)
        wrong = [f"{name}: {words}" for name, words in self.outcome.items() if words]
        stored = self.world.one("SELECT count(*) FROM reading")
        if published is not None and stored != published:
            wrong.append(f"{published} readings were published, {stored} are stored")
        assert not wrong, "\n".join([*wrong, self.world.logs()])

    def _not_drained(self, drain_s: float) -> str:
        try:
            if "I9" in self.checks:
                self.lag().wait_until_none(drain_s)
            if self.chat is not None:
                self.chat.drain(drain_s)
        except AssertionError as error:
            return str(error)
        return ""


def said(process: Running, words: str) -> int:
    """How often the process said these words so far."""
    return process.log.read_text(errors="replace").count(words)
