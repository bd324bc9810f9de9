"""The real `producer` command against a real Kafka."""

import json
import signal
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from app.wiring import ROOT
from local.downloads import default_cache
from local.kafka import Kafka
from local.ports import choose
from tests.conftest import Servers
from tests.faults.catalogue import survives
from tests.processes import PATIENCE_S, Running, run, wait_until

TRUTHS = {b"normal", b"fault:bearing wear", b"fault:cooling failure", b"fault:pressure loss"}


class Place:
    """A Kafka, and a machine with a topic of its own."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self.topic = f"readings.equipment.{uuid.uuid4().hex[:8]}"
        (folder / "machines").mkdir()
        described = (ROOT / "machines" / "equipment.toml").read_text(encoding="utf-8")
        (folder / "machines" / "equipment.toml").write_text(f'topics = ["{self.topic}"]\n{described}', encoding="utf-8")
        self.summary_file = folder / "summary.json"
        self.environment = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "MACHINES_DIRECTORY": str(folder / "machines")}
        self.started: list[Running] = []

    def produce(self, *arguments: str) -> dict[str, float]:
        """Run the command to its end; its summary."""
        done = run(["producer", *arguments, "--summary", str(self.summary_file)], self.environment)
        assert done.returncode == 0, done.stderr
        return self.summary()

    def start(self, *arguments: str) -> Running:
        command = ["producer", *arguments, "--summary", str(self.summary_file)]
        self.started.append(Running(command, self.environment, self.folder / "log"))
        return self.started[-1]

    def end(self) -> None:
        for process in self.started:
            if process.running:
                process.kill()

    def summary(self) -> dict[str, float]:
        found: dict[str, float] = json.loads(self.summary_file.read_text())
        return found

    def stored(self) -> int:
        """How many messages the topic holds; 0 while there is none."""
        return sum(high - low for low, high in self._bounds().values())

    def holds(self, count: int) -> bool:
        try:
            return self.stored() >= count
        except KafkaException as error:
            if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION:  # of a topic that was made just now
                raise
            return False

    def messages(self) -> list[Message]:
        """All that the topic holds."""
        starts = [TopicPartition(self.topic, partition, low) for partition, (low, _) in self._bounds().items()]
        count = self.stored()
        found: list[Message] = []
        with self._consumer() as consumer:
            consumer.assign(starts)
            while len(found) < count:
                some = consumer.consume(min(10_000, count - len(found)), timeout=PATIENCE_S)
                assert some, "the topic is not read to its end"
                found += some
        assert not any(message.error() for message in found)
        return found

    def _bounds(self) -> dict[int, tuple[int, int]]:
        with self._consumer() as consumer:
            topic = consumer.list_topics(timeout=PATIENCE_S).topics.get(self.topic)
            return {
                partition: consumer.get_watermark_offsets(TopicPartition(self.topic, partition), timeout=PATIENCE_S)
                for partition in (topic.partitions if topic else ())
            }

    @contextmanager
    def _consumer(self) -> Iterator[Consumer]:
        config = {"bootstrap.servers": self.bootstrap, "group.id": "test", "enable.auto.commit": False}
        with closing(Consumer(config)) as consumer:
            yield consumer


@pytest.fixture
def place(servers: Servers, tmp_path: Path) -> Iterator[Place]:
    made = Place(servers.kafka_bootstrap_servers, tmp_path)
    yield made
    made.end()


@pytest.fixture
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker that this test may kill."""
    ports = choose(["broker", "controller"], {}, {})
    folder = tmp_path_factory.mktemp("broker")
    kafka = Kafka(folder / "kafka", ports["broker"], ports["controller"], default_cache())
    kafka.start(lambda _: None, threading.Event())
    yield kafka
    kafka.kill()


def test_what_is_produced_is_confirmed_and_in_the_topic(place: Place) -> None:
    summary = place.produce("--rate", "0", "--count", "20000", "--fault-rate", "0.1")
    assert (summary["produced"], summary["delivered"], summary["failed"]) == (20_000, 20_000, 0)
    messages = place.messages()
    assert len(messages) == 20_000
    readings = [json.loads(message.value() or b"") for message in messages]
    assert len({reading["id"] for reading in readings}) == 20_000
    assert all(reading["device"].encode() == message.key() for reading, message in zip(readings, messages, strict=True))
    truths = {dict(message.headers() or [])["truth"] for message in messages}
    assert truths == TRUTHS | {b"sensor:stuck", b"sensor:dropout"}


def test_a_devices_readings_stand_in_one_partition_in_order_of_time(place: Place) -> None:
    place.produce("--rate", "0", "--count", "5000")
    messages = sorted(place.messages(), key=lambda message: (message.partition() or 0, message.offset() or 0))
    assert len({message.key() for message in messages}) == 20
    assert len({(message.key(), message.partition()) for message in messages}) == 20
    latest: dict[str, str] = {}
    for message in messages:
        reading = json.loads(message.value() or b"")
        assert reading["time"] > latest.get(reading["device"], "")
        latest[reading["device"]] = reading["time"]


def test_sigterm_flushes_everything_and_writes_the_summary(place: Place) -> None:
    running = place.start("--rate", "2000")
    wait_until(partial(place.holds, 1), "the first readings")
    assert running.stop() == 0, running.tail()
    summary = place.summary()
    assert summary["produced"] == summary["delivered"] == place.stored() > 0


def test_ctrl_c_flushes_as_well(place: Place) -> None:
    running = place.start("--rate", "0")
    wait_until(partial(place.holds, 1), "the first readings")
    running.signal(signal.SIGINT)
    wait_until(lambda: not running.running, "the end")
    assert running.stop() == 0, running.tail()
    assert place.summary()["delivered"] == place.stored()


def test_the_rate_is_not_exceeded(place: Place) -> None:
    assert place.produce("--rate", "500", "--count", "1000")["produced"] == 1000
    milliseconds = [message.timestamp()[1] for message in place.messages()]
    assert max(milliseconds) - min(milliseconds) >= 0.9 * 2000, "it takes two seconds, or longer on a busy machine"


def test_a_file_replayed_twice_has_the_same_ids(place: Place) -> None:
    file = place.folder / "readings.csv"
    rows = "".join(f"pump-{row % 3},2026-03-01T12:00:{row:02d}Z,{60 + row / 10},1.5,50,0\n" for row in range(60))
    file.write_text("device,time,temperature,vibration,humidity,faulty\n" + rows)
    for _ in range(2):
        assert place.produce("--file", str(file))["delivered"] == 60
    ids = Counter(json.loads(message.value() or b"")["id"] for message in place.messages())
    assert len(ids) == 60
    assert set(ids.values()) == {2}


def test_a_bad_cell_ends_with_one_line_and_what_was_sent_before_is_confirmed(place: Place) -> None:
    file = place.folder / "readings.csv"
    file.write_text("temperature,vibration,humidity\n" + "70,1,50\n" * 10_000 + "70,1,wet\n")
    done = run(["producer", "--file", str(file), "--summary", str(place.summary_file)], place.environment)
    assert done.returncode == 2
    assert f"faultline: {file}, row 10002, column 'humidity': 'wet' is not a number" in done.stderr
    assert place.summary()["delivered"] == place.stored() == 10_000


def test_a_kafka_that_does_not_answer_is_named(place: Place) -> None:
    done = run(["producer"], {**place.environment, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"})
    assert done.returncode == 2
    assert "Kafka at 127.0.0.1:9 (KAFKA_BOOTSTRAP_SERVERS) does not answer" in done.stderr


def test_more_copies_than_brokers_are_refused_with_the_settings_name(place: Place) -> None:
    done = run(["producer", "--count", "1"], {**place.environment, "TOPIC_REPLICATION": "3"})
    assert done.returncode == 2
    assert "TOPIC_REPLICATION" in done.stderr


@survives("broker kill -9 during produce", checks="I2")
def test_a_broker_killed_while_producing_loses_and_doubles_nothing(own_kafka: Kafka, tmp_path: Path) -> None:
    place = Place(f"127.0.0.1:{own_kafka.port}", tmp_path)
    running = place.start("--rate", "5000")  # until it is told to stop: the broker dies while it produces
    try:
        wait_until(partial(place.holds, 1), "the first readings")
        for _ in range(2):
            before = place.stored()
            own_kafka.kill()
            own_kafka.restart()
            wait_until(partial(place.holds, before + 10_000), "it goes on")
        assert running.stop() == 0, running.tail()
    finally:
        place.end()
    summary = place.summary()
    assert summary["produced"] == summary["delivered"] > 20_000
    assert summary["failed"] == 0
    ids = [json.loads(message.value() or b"")["id"] for message in place.messages()]
    assert len(ids) == len(set(ids)) == summary["produced"]
