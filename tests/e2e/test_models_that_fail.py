"""Signed, proven versions that fail all the same: on one reading, on every reading, by never coming to an end."""

import copy
import time
import uuid

import msgspec
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from app.hung import EXIT_CODE
from model.estimators import SteadyLogisticRegression
from producer.topics import ensure_topics
from tests.builders import a_machine
from tests.faults.catalogue import survives
from tests.frail_models import promote, reading, wait_until_tried
from tests.processes import wait_until
from tests.world import World, assert_invariants

ENGINEER_TOLD = "SELECT count(*) = 1 FROM outbox WHERE kind = 'text' AND body->>'text' LIKE 'equipment v2 is {}%'"


@survives("scoring that crashes on one reading", checks="I1 I2")
def test_a_reading_that_crashes_scoring_is_a_dead_letter_and_costs_its_neighbours_nothing(trained: World) -> None:
    trained.run("operators", "add", "ada", "--console", "--role", "engineer")
    trained.start("consumer")
    trained.publish([reading()])
    trained.wait_until_read(1)
    promote(trained, LogisticRegression())
    wait_until_tried(trained)
    messages = [reading(pressure=None) if number == 250 else reading() for number in range(500)]
    trained.publish(messages)
    trained.wait_until_read(501)
    (letter,) = trained.rows("SELECT stage, reason, key, value FROM dead_letter")
    assert (letter.stage, bytes(letter.key)) == ("score", b"pump-1")
    assert letter.reason.startswith("equipment v2: ValueError: Input X contains NaN")
    assert msgspec.json.decode(bytes(letter.value)) == messages[250]
    assert trained.one("SELECT count(*) FROM reading WHERE score <> 'NaN' AND model_version = 2") == 499
    assert_invariants(trained)

    # That many cannot be the readings' fault: the version goes, the last good one takes them, an engineer is told once.
    trained.publish(reading(pressure=None) for _ in range(300))
    trained.wait_until_read(801)
    assert trained.one("SELECT count(*) FROM reading WHERE score <> 'NaN' AND model_version = 1") == 301
    assert trained.one(ENGINEER_TOLD.format("withdrawn"))
    assert_invariants(trained)
    assert trained.started[0].stop() == 0


@pytest.mark.timeout(300)  # it hangs for ten seconds, and two consumers start on a machine that may be busy
@survives("a model that hangs", checks="I1 I2")
def test_a_model_that_hangs_ends_its_consumer_and_the_next_one_does_not_load_it(trained: World) -> None:
    trained.run("operators", "add", "ada", "--console", "--role", "engineer")
    # Neighbours by comparing with every row: 20 ms a reading, so the one of loading is quick and a batch takes minutes.
    promote(trained, KNeighborsClassifier(algorithm="brute", metric="minkowski", p=1.5), rows=500_000)
    trained.publish(reading() for _ in range(20_000))
    heartbeat = trained.folder / "heartbeat"
    hung = trained.start("consumer", MODEL_TIMEOUT_S="10", HEARTBEAT_FILE=str(heartbeat))
    wait_until(lambda: not hung.running, "the consumer gave up", 90)
    assert hung.stop() == EXIT_CODE
    assert time.time() - heartbeat.stat().st_mtime > 3, "a loop that hangs does not look alive"
    assert "equipment v2: it hangs" in hung.tail()
    assert "./run models rollback equipment" in hung.tail()

    trained.start("consumer")
    trained.run("models", "rollback", trained.machine)
    trained.wait_until_read(20_000)
    assert trained.one("SELECT count(*) FROM reading WHERE model_version = 1") > 0
    assert trained.one("SELECT array_agg(outcome ORDER BY id) FROM model_load WHERE number = 2") == [
        "loaded",
        "withdrawn",
    ]
    assert trained.one(ENGINEER_TOLD.format("withdrawn"))
    assert_invariants(trained)
    assert trained.started[1].stop() == 0


@survives("a model that hangs", checks="I1 I2")
def test_a_model_that_hangs_while_it_is_loaded_is_refused_and_the_last_good_one_serves_on(trained: World) -> None:
    trained.run("operators", "add", "ada", "--console", "--role", "engineer")
    trained.start("consumer", MODEL_TIMEOUT_S="10")
    trained.publish(reading() for _ in range(10))
    trained.wait_until_read(10)
    promote(trained, RandomForestClassifier(100, n_jobs=1, random_state=1), copies=20_000)
    wait_until_tried(trained)
    trained.publish(reading() for _ in range(10))
    trained.wait_until_read(20)
    assert trained.one("SELECT outcome || ': ' || reason FROM model_load WHERE number = 2").startswith(
        "refused: it hangs: not done within 10 s"
    )
    assert trained.one("SELECT count(*) FROM reading WHERE model_version = 1") == 20
    assert trained.one(ENGINEER_TOLD.format("refused"))
    assert_invariants(trained)
    assert trained.started[0].stop() == 0


@survives("a model that returns NaN", checks="I1 I2")
def test_a_model_that_returns_nan_gives_way_to_the_last_good_one(trained: World) -> None:
    trained.start("consumer")
    trained.publish([reading()])
    trained.wait_until_read(1)
    promote(trained, SteadyLogisticRegression())  # checks its input for nothing: NaN in, NaN out
    wait_until_tried(trained)
    trained.publish([reading(pressure=None), *(reading() for _ in range(99))])
    trained.wait_until_read(101)
    (letter,) = trained.rows("SELECT stage, reason FROM dead_letter")
    assert (letter.stage, letter.reason) == ("score", "equipment v2: the score is nan")
    trained.publish(reading(pressure=None) for _ in range(300))
    trained.wait_until_read(401)
    assert trained.one("SELECT count(*) FROM reading WHERE score = 'NaN'") == 0
    assert trained.one("SELECT outcome FROM model_load WHERE number = 2 ORDER BY id DESC LIMIT 1") == "withdrawn"
    assert_invariants(trained)
    assert trained.started[0].stop() == 0


def another_machine(world: World) -> World:
    """A machine with a topic and a champion of its own, scored by the same consumers."""
    other = copy.copy(world)
    other.machine, other.topic = "press", f"readings.press.{uuid.uuid4().hex[:8]}"
    machines = world.folder / "machines"
    toml = (machines / f"{world.machine}.toml").read_text(encoding="utf-8").replace(world.topic, other.topic)
    (machines / "press.toml").write_text(toml, encoding="utf-8")
    ensure_topics(
        {"bootstrap.servers": world.servers.kafka_bootstrap_servers}, [a_machine(topics=(other.topic,))], 2, 1
    )
    other.run("train", "press", "--simulate", "--model", "lr", "--seed", "1")
    return other


def test_with_no_version_to_go_back_to_readings_wait_in_kafka_and_other_machines_go_on(trained: World) -> None:
    promote(trained, LogisticRegression())
    other = another_machine(trained)
    consumer = trained.start("consumer")
    wait_until_tried(trained)
    trained.publish(reading(pressure=None) for _ in range(300))
    trained.wait_for("SELECT EXISTS (SELECT FROM model_load WHERE outcome = 'withdrawn')", "version 2 was withdrawn")
    wait_until(lambda: consumer.said("its readings wait in Kafka"), "it says so")
    other.publish(reading() for _ in range(200))
    trained.wait_until_read(200)
    assert trained.one("SELECT count(*) FROM reading_named WHERE machine = 'press'") == 200

    trained.run("models", "rollback", trained.machine)
    trained.wait_until_read(500)
    assert trained.one("SELECT count(*) FROM dead_letter") == 0
    assert trained.one("SELECT array_agg(DISTINCT model_version) FROM reading WHERE score <> 'NaN'") == [1]
    assert_invariants(trained)
    assert consumer.stop() == 0
