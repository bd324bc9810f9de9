"""Faultline as it is installed, for one bench: servers, machine, topics, trained models."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.database import Database, fresh
from bench.process import ROOT, Process, run
from bench.progress import Progress
from core.machine import Machine
from core.machine_file import parse_machine
from model.registry import Registry, connect
from producer.topics import ensure_topics

_MACHINE = "equipment"
TRAINING_ROWS = 40_000
TRAINING_DEVICES = 40
NO_SETTINGS: Mapping[str, str] = {}
_PICKLE_AT_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the machine, with readings in it."""

    name: str
    partitions: int
    messages: int
    machines_directory: Path
    """Of one machine, whose topic this is."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A database with a champion: copied for each run, never written to again."""

    algorithm: str
    template: str
    bucket: str
    pickle: Path
    """A file with the signed bytes."""


class Installation:
    """The servers of a bench and what is installed on them."""

    def __init__(self, environment: Mapping[str, str], folder: Path, progress: Progress) -> None:
        """`environment`: the settings that lead our commands to the servers."""
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {**environment, "LOG_FORMAT": "human"}
        self.folder = folder
        self.progress = progress

    @property
    def kafka(self) -> dict[str, str]:
        """The connection to Kafka in librdkafka's words."""
        return {"bootstrap.servers": self.environment["KAFKA_BOOTSTRAP_SERVERS"]}

    @property
    def server_url(self) -> str:
        """The database server, as its owner."""
        return self.environment["DATABASE_URL"]

    @contextmanager
    def trained(
        self, algorithms: Iterable[str], rows: int = TRAINING_ROWS, devices: int = TRAINING_DEVICES
    ) -> Iterator[Mapping[str, Trained]]:
        """A champion by each of these algorithms, trained by our own command on so many simulated devices."""
        with ExitStack() as databases:
            yield {algorithm: self._train(algorithm, rows, devices, databases) for algorithm in algorithms}

    @contextmanager
    def database(self, trained: Trained) -> Iterator[Database]:
        """A fresh database whose champion is this one."""
        with fresh(self.server_url, trained.template) as database:
            yield database

    @contextmanager
    def empty_database(self) -> Iterator[Database]:
        """A database with nothing of ours in it."""
        with fresh(self.server_url) as database:
            yield database

    def topic(self, name: str, partitions: int, threshold: float | None = None) -> Topic:
        """A new, empty topic; `threshold`: for alarms of its machine, None: the model's own."""
        machines = self.folder / name
        machines.mkdir()
        described = (ROOT / "machines" / f"{_MACHINE}.toml").read_text(encoding="utf-8")
        changed = f'topics = ["{name}"]\n' + (f"threshold = {threshold}\n" if threshold else "")
        (machines / f"{_MACHINE}.toml").write_text(changed + described, encoding="utf-8")
        ensure_topics(self.kafka, [self.machine(machines)], partitions, replication=1)
        return Topic(name, partitions, 0, machines)

    def backlog(
        self,
        name: str,
        partitions: int,
        messages: int,
        devices: int,
        fault_rate: float = 0.02,
        threshold: float | None = None,
    ) -> Topic:
        """A topic with so many readings of so many simulated devices, by our own producer."""
        self.progress.say(f"filling {name} ({partitions} partitions): {messages:,} readings of {devices:,} devices")
        empty = self.topic(name, partitions, threshold)
        counts = ["--count", str(messages), "--devices", str(devices), "--fault-rate", str(fault_rate)]
        self.run("producer", empty, ["--rate", "0", *counts, _MACHINE])
        return Topic(name, partitions, messages, empty.machines_directory)

    def machine(self, machines_directory: Path) -> Machine:
        """The machine of that folder."""
        file = machines_directory / f"{_MACHINE}.toml"
        return parse_machine(file.read_text(encoding="utf-8"), _MACHINE, str(file))

    def run(self, command: str, topic: Topic, arguments: list[str]) -> None:
        """A command of ours over a topic, run to its end."""
        environment = {**self.environment, "MACHINES_DIRECTORY": str(topic.machines_directory)}
        run([command, *arguments], environment, self.folder / f"{command}.log")

    def consumer(
        self, topic: Topic, trained: Trained, database: Database, settings: Mapping[str, str] = NO_SETTINGS
    ) -> Process:
        """The consumer as it is, over a topic and into a database; its group is as fresh as the database."""
        environment = {
            **self.environment,
            **settings,
            "MACHINES_DIRECTORY": str(topic.machines_directory),
            "DATABASE_URL": database.url,
            "S3_BUCKET": trained.bucket,
            "KAFKA_GROUP": database.name,
        }
        return Process(["consumer"], environment, self.folder / "consumer.log")

    def put_in_the_shadow(self, trained: Trained, database: Database) -> None:
        """Train the champion's like once more, which the gate refuses, and let it score beside the champion."""
        environment = {**self.environment, "DATABASE_URL": database.url, "S3_BUCKET": trained.bucket}
        arguments = ["train", _MACHINE, "--simulate", "--rows", str(TRAINING_ROWS), "--devices", str(TRAINING_DEVICES)]
        run([*arguments, "--model", trained.algorithm], environment, self.folder / "train.log")
        run(["shadow", _MACHINE, "2"], environment, self.folder / "shadow.log")

    def _train(self, algorithm: str, rows: int, devices: int, databases: ExitStack) -> Trained:
        self.progress.say(f"training a model ({algorithm}) on {rows:,} readings of {devices:,} simulated devices")
        database = databases.enter_context(fresh(self.server_url))
        bucket = f"bench-{algorithm}"
        environment = {**self.environment, "DATABASE_URL": database.url, "S3_BUCKET": bucket}
        run(["init"], environment, self.folder / "init.log")  # with somebody to tell, so that alerts are on
        arguments = ["train", _MACHINE, "--simulate", "--rows", str(rows), "--devices", str(devices)]
        run([*arguments, "--model", algorithm], environment, self.folder / "train.log")
        ((key, version_id),) = database.rows("SELECT model_key, model_version_id FROM model_version")
        database.close()  # Postgres copies only a database that nobody is connected to
        pickle = self.folder / f"{algorithm}.pkl"
        pickle.write_bytes(self._bucket(bucket).get(key, version_id, at_most=_PICKLE_AT_MOST))
        return Trained(algorithm, database.name, bucket, pickle)

    def _bucket(self, name: str) -> Registry:
        settings = self.environment
        key, secret = settings["AWS_ACCESS_KEY_ID"], settings["AWS_SECRET_ACCESS_KEY"]
        return connect(settings["S3_ENDPOINT_URL"], settings["S3_REGION"], name, key, secret)
