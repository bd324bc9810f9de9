"""A broker that goes away, groups and partitions that change: reading goes on where the database says."""

import csv
import os
import signal
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from tests.builders import a_reading, encoded
from tests.faults.catalogue import EVERYTHING, survives
from tests.faults.rig import QUICK, Rig
from tests.load import load_reading, publish_some
from tests.probe import Probe
from tests.processes import PATIENCE_S

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@survives("broker down", checks=EVERYTHING)
def test_a_broker_that_is_killed_and_stays_down_is_waited_for(rig: Rig) -> None:
    probe = Probe()
    with rig.load(1000) as load:
        consumer = rig.consumer(**probe.settings)
        rig.wait_for_progress()
        probe.wait_until_ready_says("ready")
        rig.stack.kafka.kill()
        assert rig.stack.kafka.pid is None
        in_the_log = rig.most_in_the_log(load)
        rig.wait_until_said(consumer, "Connection refused", 3)
        load.go_on(2000)  # they wait in the producer
        assert rig.progress() <= in_the_log
        rig.wait_until(lambda: "Kafka has not answered" in probe.ask("/health/ready")[1], "it is not ready")
        rig.stack.kafka.restart()
        rig.wait_for_progress(2000)
        load.go_on()
    rig.survived(load.published)


@survives("broker down", checks=EVERYTHING)
def test_a_broker_that_answers_nothing_is_waited_for(rig: Rig) -> None:
    with rig.load(1000) as load:
        rig.consumer()
        rig.wait_for_progress()
        broker = rig.stack.kafka.pid
        assert broker is not None
        os.kill(broker, signal.SIGSTOP)  # connections stay open, and nothing comes
        try:
            in_the_log = rig.most_in_the_log(load)
            load.go_on(5000)
            assert rig.progress() <= in_the_log
        finally:
            os.kill(broker, signal.SIGCONT)
        rig.wait_for_progress(5000)
        load.go_on()
    rig.survived(load.published)


@survives("group offsets deleted", checks=EVERYTHING)
def test_offsets_that_kafka_forgot_have_no_effect(rig: Rig) -> None:
    group = rig.world.environment["KAFKA_GROUP"]
    admin = AdminClient({"bootstrap.servers": rig.world.servers.kafka_bootstrap_servers})

    def committed() -> list[int]:
        asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
        return [at.offset for at in asked[group].result(PATIENCE_S).topic_partitions]

    with rig.load() as load:
        consumer = rig.consumer(**QUICK)
        rig.wait_for_progress(10_000)
        rig.wait_until(lambda: sum(committed()) > 0, "Kafka was told")
        assert consumer.stop() == 0
        admin.delete_consumer_groups([group])[group].result(PATIENCE_S)
        assert not committed()
        rig.consumer(**QUICK)
        rig.wait_for_progress()
        load.go_on()
    rig.survived(load.published)


@survives("partitions added", checks=EVERYTHING)
def test_partitions_that_are_added_are_read_soon_and_from_their_beginning(rig: Rig) -> None:
    with rig.load() as load:
        rig.consumer(**QUICK)
        rig.wait_for_progress()
        rig.add_partitions(4)
        for partition in (2, 3):
            device = f"new-{partition}"
            readings = [a_reading(device, temperature=70.0 + n / 10, vibration=1.5, humidity=50.0) for n in range(500)]
            rig.world.publish_raw([(device.encode(), encoded(reading)) for reading in readings], partition)
        rig.wait_for("SELECT coalesce(sum(stored), 0) = 1000 FROM ingest_partition WHERE kafka_partition > 1", "read")
        load.go_on()
    rig.survived(load.published + 1000)


@survives("producer restarted and resending", checks=EVERYTHING)
def test_readings_that_are_sent_again_are_stored_once(rig: Rig) -> None:
    with rig.world.publishing() as publish:
        publish_some(publish, 0, 10_000)
    consumer = rig.consumer(**QUICK)
    rig.wait_for_progress(10_000)
    consumer.kill()  # its successor knows the newest ids from the database
    rig.consumer(**QUICK)
    with rig.world.publishing() as publish:
        publish_some(publish, 4_000, 10_000)
    rig.survived(14_000)
    assert rig.world.one("SELECT sum(duplicates) FROM ingest_partition") == 6_000


@survives("producer restarted and resending", checks=EVERYTHING)
def test_a_producer_that_is_killed_and_replays_its_file_again_doubles_nothing(rig: Rig) -> None:
    rows, file = 8_000, rig.world.folder / "readings.csv"
    write_csv(file, rows)
    rig.consumer()
    replay = ("producer", rig.world.machine, "--file", str(file))
    first = rig.world.start(*replay, "--rate", "500")
    log = rig.lag()
    rig.wait_until(lambda: sum(high for _, high in log.ends().values()) > 1000, "an eighth of it is sent")
    assert first.running
    first.kill()
    rig.world.run(*replay)
    rig.survived(rows)
    assert rig.world.one("SELECT sum(duplicates) FROM ingest_partition") >= 1000


def write_csv(file: Path, rows: int) -> None:
    """The load's first readings as a file for `producer`."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        table = csv.writer(opened)
        names = ["temperature", "vibration", "humidity", "pressure"]
        table.writerow(["device", "time", *names])
        for reading in map(load_reading, range(rows)):
            table.writerow([reading["device"], reading["time"], *(reading["sensors"][name] for name in names)])
