"""Halted partitions under a real consumer: the others go on, and a decision is noticed without a restart."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient
from sqlalchemy import text

from tests.builders import NOON, a_reading, encoded
from tests.faults.catalogue import survives
from tests.probe import Probe
from tests.processes import run, wait_until
from tests.recompute import assert_derived_state
from tests.remade import make_anew
from tests.world import World, assert_invariants


def readings(count: int) -> list[dict[str, Any]]:
    return [
        a_reading(f"pump-{n % 8}", NOON + timedelta(seconds=n), temperature=70.0, vibration=1.5, humidity=50.0)
        for n in range(count)
    ]


def hot_readings(count: int) -> list[dict[str, Any]]:
    """A pump that overheats, and says nothing more."""
    hot: dict[str, Any] = {"temperature": 160.0, "vibration": 9.0, "humidity": 50.0, "pressure": 35.0}
    return [a_reading("pump-hot", NOON + timedelta(seconds=tick), **hot) for tick in range(count)]


def publish_to(world: World, partition: int, messages: Iterable[Mapping[str, Any]]) -> int:
    """Publish readings to one partition of the topic."""
    return world.publish_raw([(reading["device"].encode(), encoded(reading)) for reading in messages], partition)


def halts(world: World) -> list[str | None]:
    return [row.halt for row in world.rows("SELECT halt FROM ingest_partition ORDER BY kafka_partition")]


def next_offsets(world: World) -> list[int]:
    return [row.next_offset for row in world.rows("SELECT next_offset FROM ingest_partition ORDER BY kafka_partition")]


def decide(world: World, action: str) -> None:
    """As an engineer does."""
    world.run("partitions", "resolve", world.topic, "0", "--action", action, "--reason", "a test", "--by", "anna")
    assert world.one("SELECT count(*) FROM audit WHERE actor = 'anna' AND detail ->> 'action' = :action", action=action)


def lag(world: World) -> int:
    partitions = json.loads(world.run("partitions", "--json").stdout)["partitions"]
    return sum(one["lag"] for one in partitions)


@survives("stored offset beyond the high watermark", checks="I1 I2")
def test_a_partition_past_the_end_of_its_log_halts_alone_and_goes_on_once_somebody_decided(trained: World) -> None:
    consumer = trained.start("consumer")
    publish_to(trained, 0, readings(5))
    publish_to(trained, 1, readings(5))
    trained.wait_until_read(10)
    assert consumer.stop() == 0
    with trained.owner.begin() as connection:  # as if Kafka had lost a thousand messages of partition 0
        connection.execute(text(_SHIFT), {"by": 1000})

    probe = Probe()
    consumer = trained.start("consumer", **probe.settings)
    trained.wait_for("SELECT halt IS NOT NULL FROM ingest_partition WHERE kafka_partition = 0", "the halt")
    probe.wait_until_ready_says(f"halted: {trained.topic} 0; decide with: ./run partitions resolve")
    publish_to(trained, 0, readings(5))
    publish_to(trained, 1, readings(20))
    trained.wait_for("SELECT next_offset = 25 FROM ingest_partition WHERE kafka_partition = 1", "the other goes on")
    assert next_offsets(trained) == [1005, 25]
    assert halts(trained) == ["past the end of the log", None]
    assert consumer.tail(1000).count(f"./run partitions resolve {trained.topic} 0") == 1

    (halted,) = json.loads(trained.run("status", "--json").stdout)["halted"]
    assert (halted["topic"], halted["partition"], halted["halt"]) == (trained.topic, 0, "past the end of the log")
    assert f"./run partitions resolve {trained.topic} 0" in trained.run("status").stdout

    decide(trained, "from-end")
    assert "halted" not in trained.run("status").stdout
    publish_to(trained, 0, readings(7))
    trained.wait_for("SELECT count(*) = 5 + 25 + 7 FROM reading", "it goes on with what comes from now on")
    assert_invariants(trained)
    assert consumer.running
    probe.wait_until_ready_says("ready")
    probe.wait_until_metric(20 + 7, "faultline_readings_total", machine="equipment")
    probe.wait_until_metric(0, "faultline_partition_halted", topic=trained.topic, partition="0")
    assert probe.metric("faultline_stage_seconds_count", stage="decode") >= 2


@survives("topic deleted and re-created, shorter", "topic deleted and re-created, already longer", checks="I1 I2 I3")
@pytest.mark.parametrize("new", [40, 300], ids=["shorter", "longer"])
def test_a_topic_made_anew_while_nobody_looked_halts_and_nothing_of_it_is_read(trained: World, new: int) -> None:
    consumer = trained.start("consumer")
    trained.publish([*hot_readings(3), *readings(100)])
    trained.wait_until_read(103)
    assert consumer.stop() == 0
    before = next_offsets(trained)
    make_anew(trained)
    trained.publish(readings(new))

    trained.start("consumer")
    trained.wait_for("SELECT bool_and(halt = 'topic id changed') FROM ingest_partition", "both halt")
    assert next_offsets(trained) == before
    assert trained.one("SELECT closed_offset IS NULL FROM incident"), "the last that was heard of that pump"
    decide(trained, "restart")
    trained.wait_for("SELECT count(*) = :all FROM reading", "all of the new topic beside the old one", all=103 + new)
    assert_invariants(trained)
    assert_derived_state(trained)


@survives("topic deleted and re-created, already longer", checks="I1 I2")
def test_a_topic_made_anew_under_a_running_consumer_halts_too(trained: World) -> None:
    consumer = trained.start("consumer")
    trained.publish(readings(100))
    trained.wait_until_read(100)
    make_anew(trained)
    trained.publish(readings(300))  # librdkafka reads on at the old offsets without a word

    trained.wait_for("SELECT bool_and(halt = 'topic id changed') FROM ingest_partition", "both halt")
    assert_invariants(trained)
    decide(trained, "restart")
    trained.wait_for("SELECT count(DISTINCT id) = 400 FROM reading", "what was read meanwhile is recognised")
    partitions = json.loads(trained.run("partitions", "--json").stdout)["partitions"]
    assert [(one["partition"], one["halt"]) for one in partitions] == [(0, None), (1, None)]
    wait_until(lambda: lag(trained) == 0, "nothing is left to read")
    assert_invariants(trained)
    assert consumer.running


@survives("retention passed our offset", checks="I1 I2")
def test_what_kafkas_retention_removed_is_one_gap_and_an_alarm_and_the_rest_is_read(trained: World) -> None:
    trained.run("operators", "add", "anna", "--console", "--role", "engineer")
    consumer = trained.start("consumer")
    publish_to(trained, 0, readings(5))
    trained.wait_until_read(5)
    assert consumer.stop() == 0
    publish_to(trained, 0, readings(30))
    admin = AdminClient({"bootstrap.servers": trained.servers.kafka_bootstrap_servers})
    (deleted,) = admin.delete_records([KafkaPartition(trained.topic, 0, 20)]).values()
    assert deleted.result(30).low_watermark == 20

    trained.start("consumer")
    trained.wait_for("SELECT sum(stored) = 20 FROM ingest_partition", "what is left")
    assert [tuple(row) for row in trained.rows("SELECT first_offset, count FROM offset_gap")] == [(5, 15)]
    (alarm,) = trained.rows("SELECT address, body ->> 'text' AS text FROM outbox")
    assert alarm.address == "anna"
    assert "retention removed 15 readings" in alarm.text
    assert halts(trained) == [None, None]
    assert_invariants(trained)


def test_a_topic_whose_order_means_nothing_halts_until_its_machine_is_mended_and_the_process_goes_on(
    trained: World,
) -> None:
    toml = trained.folder / "machines" / f"{trained.machine}.toml"
    right = toml.read_text(encoding="utf-8")
    toml.write_text(f'key = "any"\n{right}', encoding="utf-8")
    consumer = trained.start("consumer")
    trained.publish(readings(20))
    trained.wait_for("SELECT count(*) = 2 AND bool_and(halt = 'no order') FROM ingest_partition", "the topic halts")
    assert consumer.stop() == 0

    toml.write_text(right, encoding="utf-8")
    trained.start("consumer")
    trained.wait_until_read(20)
    assert halts(trained) == [None, None]
    assert_invariants(trained)


def test_a_decision_that_does_not_fit_is_refused_in_one_line(trained: World) -> None:
    trained.start("consumer")
    publish_to(trained, 0, readings(5))
    trained.wait_until_read(5)
    arguments = ["partitions", "resolve", trained.topic, "0", "--action", "restart", "--reason", "to see"]
    done = run(arguments, trained.environment)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"{trained.topic} 0 is not halted" in done.stderr


_SHIFT = """
    UPDATE ingest_partition SET first_offset = first_offset + :by, next_offset = next_offset + :by
     WHERE kafka_partition = 0"""
