"""Dead letters, through the real processes: kept, copied, looked at, and published again."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from sklearn.linear_model import LogisticRegression
from sqlalchemy import text

from consumer.fetched import Headers
from tests.builders import encoded
from tests.frail_models import promote, reading, wait_until_tried
from tests.processes import PATIENCE_S, run, wait_until
from tests.world import World, assert_invariants

_STALLED = """
    SELECT {} FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"""


@contextmanager
def stalled(world: World, moment: str) -> Iterator[None]:
    """Whoever writes to table `replay` in this way stands still; let go at the end, as if it had never been."""
    statements = [
        "CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'",
        f"CREATE TRIGGER stall BEFORE {moment} ON replay FOR EACH ROW EXECUTE FUNCTION stall()",
    ]
    with world.owner.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    yield
    with world.owner.begin() as connection:
        connection.execute(text(_STALLED.format("pg_terminate_backend(pid, 5000)")))
        connection.execute(text("DROP FUNCTION stall CASCADE"))


def copies_of(world: World, count: int) -> list[tuple[object, object, Mapping[str, object]]]:
    """So many messages of the topic of dead letters: key, value and headers."""
    consumer = Consumer(
        {
            "bootstrap.servers": world.servers.kafka_bootstrap_servers,
            "group.id": "look",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.assign([TopicPartition(f"{world.topic}.dead", 0, 0)])
    messages = consumer.consume(count, PATIENCE_S)
    consumer.close()
    assert len(messages) == count, world.logs()
    return [(message.key(), message.value(), dict(cast("Headers", message.headers()))) for message in messages]


def test_a_replayed_dead_letter_lands_exactly_once(trained: World) -> None:
    trained.start("consumer")
    trained.publish([reading()])
    trained.wait_until_read(1)
    promote(trained, LogisticRegression())
    wait_until_tried(trained)
    frail = [reading(pressure=None) for _ in range(10)]
    trained.publish([*(reading() for _ in range(90)), *frail])
    trained.wait_until_read(101)
    assert trained.one("SELECT count(*) FROM dead_letter WHERE stage = 'score'") == 10
    trained.run("models", "rollback", trained.machine)
    trained.wait_for("SELECT count(*) = 2 FROM model_load WHERE number = 1 AND outcome = 'loaded'", "version 1 serves")

    for moment in ("INSERT", "UPDATE"):  # before Kafka hears of it; after Kafka committed it
        with stalled(trained, moment):
            command = trained.start("dead-letters", "replay", "--limit", "3")
            trained.wait_for(_STALLED.format("count(*) = 1"), "it stands still in the database")
            command.kill()
    both = [trained.start("dead-letters", "replay", "--limit", "4") for _ in range(2)]
    wait_until(lambda: not any(command.running for command in both), "two at a time ended")
    trained.run("dead-letters", "replay")
    assert "0 published again" in trained.run("dead-letters", "replay").stdout

    trained.wait_until_read(111)
    ids = "SELECT count(*) FROM reading WHERE id = ANY(CAST(:ids AS uuid[])) AND model_version = 1 AND score <> 'NaN'"
    assert trained.one(ids, ids=[one["id"] for one in frail]) == 10
    assert trained.one("SELECT sum(duplicates) FROM ingest_partition") == 0, "Kafka holds each of them once"
    assert trained.one("SELECT count(*) FROM dead_letter") == 10
    listed = json.loads(trained.run("dead-letters", "list", "--json", "--stage", "score").stdout)["dead_letters"]
    assert len([letter for letter in listed if letter["replayed_at"]]) == 10
    assert_invariants(trained)
    assert trained.started[0].stop() == 0


def test_every_dead_letter_is_copied_to_the_topic_of_dead_letters(trained: World) -> None:
    large = encoded({**reading(), "note": "x" * 10_000})
    poison = [b"{\x1b[2J\x9b", b"", b"\xff" * 300, large]
    consumer = trained.start("consumer", TOPIC_REPLICATION="3", MESSAGE_LIMIT_BYTES="4096")
    trained.publish_raw(((b"pump-1", value) for value in [*poison, encoded(reading())]), partition=1)
    trained.wait_until_read(5)
    wait_until(lambda: consumer.said(f"the topic {trained.topic}.dead cannot be created"), "it says what it may not")
    consumer.kill()

    trained.start("consumer")
    copied = copies_of(trained, 4)
    assert [(key, value) for key, value, _ in copied] == [(b"pump-1", value[:4096]) for value in poison]
    for offset, (_, _, headers) in enumerate(copied):
        assert headers["__connect.errors.topic"] == trained.topic.encode()
        assert headers["__connect.errors.partition"] == b"1"
        assert headers["__connect.errors.offset"] == b"%d" % offset
        assert headers["__connect.errors.stage"] == b"decode"
        assert headers["__connect.errors.exception.message"]
    assert copied[3][2]["faultline.value.size"] == b"%d" % len(large)
    assert copied[3][2]["faultline.value.sha256"] == hashlib.sha256(large).hexdigest().encode()
    trained.wait_for("SELECT count(*) = 4 FROM dead_letter WHERE relayed_at IS NOT NULL", "all are marked")

    shown = trained.run("dead-letters", "show", f"{trained.topic}/1/0").stdout
    assert r"{\x1b[2J\x9b" in shown
    assert "\x1b" not in shown
    table = trained.run("dead-letters", "list").stdout.splitlines()
    assert [line.split()[0] for line in table[1:]] == [f"{trained.topic}/1/{offset}" for offset in (3, 2, 1, 0)]
    assert all(line.isprintable() and " copied " in line for line in table[1:])
    exported = map(json.loads, trained.run("dead-letters", "export", "--until", "2100-01-01").stdout.splitlines())
    values = {line["position"]: base64.b64decode(line["value"]) for line in exported}
    assert values == {f"{trained.topic}/1/{offset}": value[:4096] for offset, value in enumerate(poison)}
    left = trained.run("dead-letters", "replay", "--partition", "1", "--limit", "1", "--reason", "over the limit")
    assert "it is kept in part only" in left.stderr
    assert_invariants(trained)
    assert trained.started[1].stop() == 0


def test_a_message_larger_than_a_fetch_is_a_dead_letter_and_its_neighbours_are_readings(trained: World) -> None:
    kafka = {"bootstrap.servers": trained.servers.kafka_bootstrap_servers}
    admin = AdminClient({**kafka})
    largest = ConfigEntry("max.message.bytes", "30000000", incremental_operation=AlterConfigOpType.SET)
    (altered,) = admin.incremental_alter_configs(
        [ConfigResource(ConfigResource.Type.TOPIC, trained.topic, incremental_configs=[largest])]
    ).values()
    altered.result(30)
    huge = encoded(reading())[:-1] + b', "note": "' + b"x" * 20_000_000 + b'"}'
    producer = Producer({**kafka, "message.max.bytes": 30_000_000})
    for value in (encoded(reading()), huge, encoded(reading())):
        producer.produce(trained.topic, value, b"pump-1", 0)
    assert producer.flush(60) == 0

    trained.start("consumer")
    trained.wait_until_read(3)
    (letter,) = trained.rows("SELECT kafka_offset, value, value_size, value_sha256 FROM dead_letter")
    assert (letter.kafka_offset, bytes(letter.value), letter.value_size) == (1, huge[:4096], len(huge))
    assert bytes(letter.value_sha256) == hashlib.sha256(huge).digest()
    assert trained.one("SELECT count(*) FROM reading WHERE score <> 'NaN'") == 2
    ((_, copy, _),) = copies_of(trained, 1)
    assert copy == huge[:4096]
    unknown = run(["dead-letters", "show", f"{trained.topic}/0/0"], trained.environment)
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)
    assert f"there is no dead letter at {trained.topic}/0/0" in unknown.stderr
    assert_invariants(trained)
    assert trained.started[0].stop() == 0
