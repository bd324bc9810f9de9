"""Halted partitions under a real consumer: the others go on, and a decision is noticed without a restart."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import KafkaException, NewTopic
from sqlalchemy import text

from tests.builders import NOON, a_reading, encoded
from tests.processes import run, wait_until
from tests.world import World, assert_invariants

_QUICK = {"KAFKA_SESSION_TIMEOUT_MS": "1500"}


def readings(count: int) -> list[dict[str, Any]]:
    return [
        a_reading(f"pump-{n % 8}", NOON + timedelta(seconds=n), temperature=70.0, vibration=1.5, humidity=50.0)
        for n in range(count)
    ]


def publish_to(world: World, partition: int, messages: Iterable[Mapping[str, Any]]) -> int:
    """Publish readings to one partition of the topic."""
    return world.publish_raw([(reading["device"].encode(), encoded(reading)) for reading in messages], partition)


def make_anew(world: World) -> None:
    """Delete the topic and make it again: the same name, another log."""
    admin = AdminClient({"bootstrap.servers": world.servers.kafka_bootstrap_servers})
    admin.delete_topics([world.topic])[world.topic].result(30)
    wait_until(lambda: _is_made(admin, world), "the topic is there again")


def _is_made(admin: AdminClient, world: World) -> bool:
    try:
        admin.create_topics([NewTopic(world.topic, world.partitions, 1)])[world.topic].result(30)
    except KafkaException:  # the old one is being deleted still
        return False
    return True


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


def test_a_partition_past_the_end_of_its_log_halts_alone_and_goes_on_once_somebody_decided(trained: World) -> None:
    consumer = trained.start("consumer", **_QUICK)
    publish_to(trained, 0, readings(5))
    publish_to(trained, 1, readings(5))
    trained.wait_until_read(10)
    assert consumer.stop() == 0
    with trained.owner.begin() as connection:  # as if Kafka had lost a thousand messages of partition 0
        connection.execute(text(_SHIFT), {"by": 1000})

    consumer = trained.start("consumer", **_QUICK)
    trained.wait_for("SELECT halt IS NOT NULL FROM ingest_partition WHERE kafka_partition = 0", "the halt")
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


def test_a_topic_made_anew_while_nobody_looked_halts_and_nothing_of_it_is_read(trained: World) -> None:
    consumer = trained.start("consumer", **_QUICK)
    trained.publish(readings(100))
    trained.wait_until_read(100)
    assert consumer.stop() == 0
    before = next_offsets(trained)
    make_anew(trained)
    trained.publish(readings(300))  # longer than the old one: our offsets lie within it

    trained.start("consumer", **_QUICK)
    trained.wait_for("SELECT bool_and(halt = 'topic id changed') FROM ingest_partition", "both halt")
    assert next_offsets(trained) == before
    decide(trained, "restart")
    trained.wait_for("SELECT count(*) = 400 FROM reading", "all of the new topic, beside all of the old one")
    assert_invariants(trained)


def test_a_topic_made_anew_under_a_running_consumer_halts_too(trained: World) -> None:
    consumer = trained.start("consumer", **_QUICK)
    trained.publish(readings(100))
    trained.wait_until_read(100)
    make_anew(trained)
    trained.publish(readings(300))  # librdkafka reads on at the old offsets without a word

    trained.wait_for("SELECT bool_and(halt = 'topic id changed') FROM ingest_partition", "both halt", seconds=60)
    assert_invariants(trained)
    decide(trained, "restart")
    trained.wait_for("SELECT count(DISTINCT id) = 400 FROM reading", "what was read meanwhile is recognised")
    partitions = json.loads(trained.run("partitions", "--json").stdout)["partitions"]
    assert [(one["partition"], one["halt"]) for one in partitions] == [(0, None), (1, None)]
    wait_until(lambda: lag(trained) == 0, "nothing is left to read")
    assert_invariants(trained)
    assert consumer.running


def test_a_decision_that_does_not_fit_is_refused_in_one_line(trained: World) -> None:
    trained.start("consumer", **_QUICK)
    publish_to(trained, 0, readings(5))
    trained.wait_until_read(5)
    arguments = ["partitions", "resolve", trained.topic, "0", "--action", "restart", "--reason", "to see"]
    done = run(arguments, trained.environment)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"{trained.topic} 0 is not halted" in done.stderr


_SHIFT = """
    UPDATE ingest_partition SET first_offset = first_offset + :by, next_offset = next_offset + :by
     WHERE kafka_partition = 0"""
