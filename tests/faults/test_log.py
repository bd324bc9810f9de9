"""Kafka's log loses what was not read yet, or becomes another log: a gap is recorded, or the partition halts."""

import pytest
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient

from tests.builders import a_reading, encoded
from tests.faults.catalogue import ALWAYS, EVERYTHING, survives
from tests.faults.rig import QUICK, Rig, said
from tests.load import publish_some
from tests.remade import make_anew

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

HALTED = "I1 I2 I3 I7 I8 I10 I11"
"""All that can hold while a partition waits for a person: its lag stays."""


@survives("retention passed our offset", checks=f"{ALWAYS} I3")
def test_what_retention_removed_while_nobody_read_is_one_gap_and_an_alarm(rig: Rig) -> None:
    rig.world.run("operators", "add", "ada", "--console", "--role", "engineer")
    with rig.load() as load:
        consumer = rig.consumer(**QUICK)
        rig.wait_for_progress(5000)
        assert consumer.stop() == 0
        load.go_on(5000)
        done = rig.world.one("SELECT next_offset FROM ingest_partition WHERE kafka_partition = 0")
        remove_before(rig, 0, done + 700)
        consumer = rig.consumer(**QUICK)
        rig.wait_for_progress()
        load.go_on()
    rig.survived(load.published - 700)
    gaps = rig.world.rows("SELECT kafka_partition, first_offset, count FROM offset_gap")
    assert list(map(tuple, gaps)) == [(0, done, 700)]
    assert said(consumer, "retention removed 700 readings") == 1
    alarms = "SELECT count(*) FROM outbox WHERE kind = 'text' AND body->>'text' LIKE '%retention removed 700 readings%'"
    assert rig.world.one(alarms) == 1


@survives("retention passed our offset", checks=f"{ALWAYS} I3")
def test_what_retention_removes_before_a_running_consumer_is_a_gap_as_well(rig: Rig) -> None:
    with rig.load() as load:
        rig.consumer()
        rig.wait_for_progress(5000)
        with rig.holding("LOCK TABLE reading IN EXCLUSIVE MODE"):
            ahead = 120_000  # more than was fetched and decoded ahead
            with rig.world.publishing() as publish:
                publish_some(publish, 10_000_000, ahead)
            _, high = rig.lag().ends()[rig.partition(0)]
            remove_before(rig, 0, high)
        rig.wait_for_progress(ahead // 2)
        load.go_on()
    gap = rig.world.one("SELECT sum(gaps) FROM ingest_partition")
    rig.survived(load.published + ahead - gap)
    assert gap > 0


@survives("topic deleted and re-created, shorter", checks=HALTED)
def test_a_topic_made_anew_and_shorter_halts_and_nothing_of_it_is_read(rig: Rig) -> None:
    with rig.load() as load:
        consumer = rig.consumer(**QUICK)
        rig.wait_for_progress(5000)
    rig.lag().wait_until_none()
    assert consumer.stop() == 0
    before = rig.progress()
    make_anew(rig.world)
    with rig.world.publishing() as publish:
        publish_some(publish, load.published, 500)
    consumer = rig.consumer(**QUICK)
    rig.wait_for("SELECT bool_and(halt = 'topic id changed') FROM ingest_partition", "both halt")
    assert rig.progress() == before
    assert consumer.running
    rig.survived(load.published)


@survives("one poison message in 500", checks=EVERYTHING)
def test_one_poison_message_in_500_costs_nobody_else_anything(rig: Rig) -> None:
    good = [a_reading("pump-1", temperature=70.0 + n / 100, vibration=1.5, humidity=50.0) for n in range(499)]
    messages = [(b"pump-1", encoded(reading)) for reading in good]
    messages.insert(250, (b"pump-1", b'{"id": "poison'))
    rig.world.publish_raw(messages, partition=0)
    rig.consumer()
    rig.survived(499)
    (letter,) = rig.world.rows("SELECT kafka_offset, value, stage, recorded_at FROM dead_letter")
    assert (letter.kafka_offset, bytes(letter.value), letter.stage) == (250, b'{"id": "poison', "decode")
    # The dead letter's own xmin is that of whoever marked it as copied; now() is the same within a transaction.
    (commit,) = rig.world.rows("SELECT xmin::text, updated_at FROM ingest_partition WHERE kafka_partition = 0")
    assert letter.recorded_at == commit.updated_at
    commits = rig.world.rows("SELECT DISTINCT xmin::text FROM reading")
    assert [row.xmin for row in commits] == [commit.xmin], "499 readings and a dead letter in one commit"


@survives("all poison", checks=HALTED)
def test_a_source_of_nothing_but_poison_stops_its_partition_and_no_other(rig: Rig) -> None:
    of_partition = "SELECT next_offset FROM ingest_partition WHERE kafka_partition = :partition"
    with rig.load(1000) as load:
        consumer = rig.consumer(**QUICK)
        rig.wait_for_progress()
        rig.world.publish_raw([(b"pump-1", b"poison")] * 20_000, partition=0)
        rig.wait_for("SELECT bool_or(halt = 'dead letters') FROM ingest_partition", "the halt")
        frozen_at = rig.world.one(of_partition, partition=0)
        consumer.kill()
        rig.consumer(**QUICK)  # it takes over the halt as well
        rig.wait_for_progress(1000)
        load.go_on(3000)
    _, high = rig.lag().ends()[rig.partition(1)]
    rig.wait_for(f"SELECT ({of_partition}) = :high", "the other one has no lag", partition=1, high=high)
    assert rig.world.one(of_partition, partition=0) == frozen_at
    assert rig.world.one("SELECT count(*) FROM dead_letter") < 1000
    rig.survived()


def remove_before(rig: Rig, partition: int, offset: int) -> None:
    """As retention does: what lies before this offset is not in the log any more."""
    admin = AdminClient({"bootstrap.servers": rig.world.servers.kafka_bootstrap_servers})
    at = KafkaPartition(rig.world.topic, partition, offset)
    (removed,) = admin.delete_records([at]).values()
    assert removed.result(30).low_watermark == offset
