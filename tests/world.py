"""A whole installation for one test: database, topic, bucket, group, keys and machine of its own, on real servers."""

import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from zlib import crc32

from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from sqlalchemy import Engine, Row, text

from app.keys import local_keys
from app.wiring import ROOT
from tests.conftest import Servers
from tests.processes import PATIENCE_S, Running, run, wait_until

_kafka_log = logging.getLogger("kafka")
_Produce = Callable[[bytes | None, bytes | None, int], None]
_SOON_MS = 5
_TOGETHER_MS = 60_000
"""Before that all of it is handed over, and flushed as one batch a partition: a consumer reads none of it, or all.

More than 10 000 messages or a megabyte of a partition are several batches.
"""


@dataclass
class World:
    """What a user has after installing: commands to run, a topic to publish to, a database to look into."""

    servers: Servers
    owner: Engine
    folder: Path
    machine: str = "equipment"
    partitions: int = 2
    settings: dict[str, str] = field(default_factory=dict)
    started: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.topic = self._with_topic_of_its_own(self.machine)
        keys = local_keys(self.folder / "keys")
        self.environment = {
            "KAFKA_BOOTSTRAP_SERVERS": self.servers.kafka_bootstrap_servers,
            "KAFKA_GROUP": f"test-{uuid.uuid4().hex[:8]}",
            "KAFKA_SESSION_TIMEOUT_MS": "6000",
            "DATABASE_URL": self.owner.url.render_as_string(hide_password=False),
            "S3_ENDPOINT_URL": self.servers.s3_endpoint_url,
            "S3_BUCKET": f"test-{uuid.uuid4().hex[:12]}",
            "AWS_ACCESS_KEY_ID": self.servers.s3_access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.servers.s3_secret_access_key,
            "SIGNING_KEY": keys.signing_key,
            "TRUSTED_KEYS": keys.trusted_keys,
            "MACHINES_DIRECTORY": str(self.folder / "machines"),
            "DATA_DIRECTORY": str(self.folder / "data"),
            **self.settings,
        }

    def _with_topic_of_its_own(self, machine: str) -> str:
        """Add the project's machine of that name; its topic."""
        topic, folder = f"readings.{machine}.{uuid.uuid4().hex[:8]}", self.folder / "machines"
        folder.mkdir(exist_ok=True)
        text_of_machine = (ROOT / "machines" / f"{machine}.toml").read_text(encoding="utf-8")
        # The readings that tests make up repeat themselves, as no healthy sensor does.
        text_of_machine = re.sub(r"(?m)^(stuck_after|topics).*\n", "", text_of_machine)
        (folder / f"{machine}.toml").write_text(f'topics = ["{topic}"]\n{text_of_machine}', encoding="utf-8")
        admin = AdminClient({"bootstrap.servers": self.servers.kafka_bootstrap_servers})
        (created,) = admin.create_topics([NewTopic(topic, self.partitions, 1)]).values()
        created.result(30)
        return topic

    def with_machine(self, machine: str) -> "World":
        """The same installation, which has this machine of the project's as well, and speaks of it."""
        other = copy(self)
        other.machine, other.topic = machine, self._with_topic_of_its_own(machine)
        return other

    def start(self, *arguments: str, module: str = "app", **environment: str) -> Running:
        """Start a command that goes on; `module` is run instead of ours where a test wires a process otherwise."""
        log = self.folder / f"{len(self.started)}-{arguments[0]}.log"
        self.started.append(Running(list(arguments), {**self.environment, **environment}, log, module))
        return self.started[-1]

    def run(self, *arguments: str, **environment: str) -> CompletedProcess[str]:
        """Run a command to its end; it must succeed."""
        done = run(list(arguments), {**self.environment, **environment})
        assert done.returncode == 0, f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def beside(self, owner: Engine, name: str) -> "World":
        """The same topic, machines and models, read by a group of its own into another database."""
        other = copy(self)
        other.owner, other.folder, other.started = owner, self.folder / name, []
        other.folder.mkdir()
        database = {"DATABASE_URL": owner.url.render_as_string(hide_password=False)}
        other.environment = {**self.environment, **database, "KAFKA_GROUP": f"{name}-{uuid.uuid4().hex[:8]}"}
        return other

    def publish(self, readings: Iterable[Mapping[str, Any]]) -> int:
        """Publish readings, each under its device's key, those of a partition together; how many there were."""
        count = 0
        with self._producing(_TOGETHER_MS) as produce:
            for count, reading in enumerate(readings, start=1):  # noqa: B007  # the last number is the count
                self._produce_reading(produce, reading)
        return count

    @contextmanager
    def publishing(self) -> Iterator[Callable[[Mapping[str, Any]], None]]:
        """A way to publish readings one by one; all of them are in Kafka when the block ends."""
        with self._producing(_SOON_MS) as produce:
            yield lambda reading: self._produce_reading(produce, reading)

    def _produce_reading(self, produce: _Produce, reading: Mapping[str, Any]) -> None:
        device = reading["device"]
        produce(device.encode(), json.dumps(reading).encode(), self.partition_of(device))

    def partition_of(self, device: str) -> int:
        """Where a device's readings are published, also once there are more partitions."""
        return crc32(device.encode()) % self.partitions

    def publish_raw(self, messages: Iterable[tuple[bytes | None, bytes | None]], partition: int = -1) -> int:
        """Publish keys and values as they are, those of a partition together; how many there were."""
        count = 0
        with self._producing(_TOGETHER_MS) as produce:
            for count, (key, value) in enumerate(messages, start=1):  # noqa: B007  # the last number is the count
                produce(key, value, partition)
        return count

    @contextmanager
    def _producing(self, linger_ms: int) -> Iterator[_Produce]:
        failures: list[object] = []

        def note_failure(error: object, _: Message) -> None:
            if error is not None:
                failures.append(error)

        def produce(key: bytes | None, value: bytes | None, partition: int) -> None:
            while True:
                try:
                    producer.produce(self.topic, value, key, partition, on_delivery=note_failure)
                except BufferError:  # Kafka is slower than we are
                    producer.poll(0.1)
                    continue
                producer.poll(0)
                return

        address = {"bootstrap.servers": self.servers.kafka_bootstrap_servers}
        producer = Producer({**address, "enable.idempotence": True, "linger.ms": linger_ms}, logger=_kafka_log)
        yield produce
        assert producer.flush(60) == 0
        assert failures == []

    def rows(self, query: str, **arguments: Any) -> Sequence[Row[Any]]:
        """What the database says."""
        with self.owner.connect() as connection:
            return connection.execute(text(query), arguments).all()

    def one(self, query: str, **arguments: Any) -> Any:
        """The single value that the database says."""
        ((value,),) = self.rows(query, **arguments)
        return value

    def wait_for(self, query: str, what: str, seconds: float = PATIENCE_S, **arguments: Any) -> float:
        """Wait until the query says true."""
        try:
            return wait_until(lambda: bool(self.one(query, **arguments)), what, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def wait_until_read(self, count: int, seconds: float = PATIENCE_S) -> None:
        """Wait until so many messages were stored, refused or counted as duplicates."""
        query = "SELECT coalesce(sum(stored + dead_letters + duplicates), 0) >= :count FROM ingest_partition"
        self.wait_for(query, "all messages read", seconds, count=count)

    def logs(self) -> str:
        """The end of what every process said, and who waits for whom in the database."""
        said = [f"── {process.log.name}, pid {process.pid}\n{process.tail()}" for process in self.started]
        return "\n".join([*said, "── waiting in the database", *map(str, self.rows(_WAITING))])

    def end(self) -> None:
        """Stop what still runs."""
        for process in self.started:
            if process.running:
                process.kill()


_WAITING = """
    SELECT pid, pg_blocking_pids(pid), state, left(query, 200) FROM pg_stat_activity
     WHERE datname = current_database() AND (wait_event_type = 'Lock' OR state LIKE 'idle in%')"""


def assert_invariants(world: World) -> None:
    """I1 and I2 of the database: every position is accounted for, and stored once. I3 is checked by `recomputed`."""
    for row in world.rows("SELECT * FROM ingest_partition"):
        accounted = row.stored + row.duplicates + row.dead_letters + row.gaps
        assert accounted == row.next_offset - row.first_offset, f"I1 in partition {row.kafka_partition}"
    kept = "SELECT (SELECT count(*) FROM reading) + (SELECT coalesce(sum(readings), 0) FROM dropped_reading)"
    assert world.one(kept) == world.one("SELECT sum(stored) FROM ingest_partition"), "I1"
    assert world.one("SELECT count(*) FROM dead_letter") == world.one("SELECT sum(dead_letters) FROM ingest_partition")
    assert world.one("SELECT coalesce(sum(count), 0) FROM offset_gap") == world.one(
        "SELECT sum(gaps) FROM ingest_partition"
    )
    positions = "SELECT count(*) FROM (SELECT DISTINCT topic, kafka_partition, kafka_offset FROM reading) AS positions"
    assert world.one("SELECT count(*) FROM reading") == world.one(positions), "I2: a position was stored twice"
    assert world.one("SELECT count(*) FROM reading") == world.one("SELECT count(DISTINCT id) FROM reading"), "I2: ids"
