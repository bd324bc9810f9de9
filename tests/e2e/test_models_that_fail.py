"""Signed, proven versions that fail all the same: on one reading, on every reading, by never coming to an end."""

import hashlib
import pickle
import time
from typing import Any

import msgspec
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from app.hung import EXIT_CODE
from model.estimators import BoundedScaler
from model.manifest import Golden
from model.pipeline import probabilities
from tests.builders import a_reading
from tests.challenger import named, promote_version_2, version_2
from tests.processes import wait_until
from tests.world import World, assert_invariants

USUAL = {"temperature": 70.0, "vibration": 1.5, "humidity": 50.0, "pressure": 35.0}
ENGINEER_TOLD = "SELECT count(*) = 1 FROM outbox WHERE kind = 'text' AND body->>'text' LIKE 'equipment v2 is {}%'"


def promote(world: World, classifier: Any, copies: int = 1) -> None:
    """Sign and promote a version 2 that knows no absent sensors; a forest gets `copies` of its trees."""
    random = np.random.default_rng(1)
    sensors = random.normal(list(USUAL.values()), 5, (2000, 4))
    fault = random.random(2000) > 0.5  # nothing to learn: trees grow deep, and slow
    pipeline = Pipeline([("scale", BoundedScaler()), ("classify", classifier)]).fit(sensors, fault)
    if copies > 1:
        classifier.estimators_ *= copies
    inputs = sensors[:1]
    outputs = [0.5] if copies > 10_000 else probabilities(pipeline, inputs).tolist()
    golden = Golden(tuple(map(tuple, inputs.tolist())), tuple(outputs))
    content = pickle.dumps(pipeline)
    challenger = version_2(world)._replace(model=content)
    promote_version_2(
        world, named(challenger, golden=golden, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    )


def wait_until_tried(world: World) -> None:
    world.wait_for("SELECT EXISTS (SELECT FROM model_load WHERE number = 2)", "a consumer tried version 2", 60)


def reading(pressure: float | None = USUAL["pressure"]) -> dict[str, Any]:
    return {**a_reading("pump-1"), "sensors": {**USUAL, "pressure": pressure}}


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


def test_a_model_that_hangs_ends_its_consumer_and_the_next_one_does_not_load_it(trained: World) -> None:
    trained.run("operators", "add", "ada", "--console", "--role", "engineer")
    promote(trained, RandomForestClassifier(100, n_jobs=1, random_state=1), copies=100)
    trained.publish(reading() for _ in range(20_000))
    heartbeat = trained.folder / "heartbeat"
    hung = trained.start("consumer", MODEL_TIMEOUT_S="6", HEARTBEAT_FILE=str(heartbeat))
    wait_until(lambda: not hung.running, "the consumer gave up", 60)
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


def test_a_model_that_hangs_while_it_is_loaded_is_refused_and_the_last_good_one_serves_on(trained: World) -> None:
    trained.run("operators", "add", "ada", "--console", "--role", "engineer")
    trained.start("consumer", MODEL_TIMEOUT_S="2")
    trained.publish(reading() for _ in range(10))
    trained.wait_until_read(10)
    promote(trained, RandomForestClassifier(100, n_jobs=1, random_state=1), copies=20_000)
    wait_until_tried(trained)
    trained.publish(reading() for _ in range(10))
    trained.wait_until_read(20)
    assert trained.one("SELECT outcome || ': ' || reason FROM model_load WHERE number = 2").startswith(
        "refused: it hangs: not done within 2 s"
    )
    assert trained.one("SELECT count(*) FROM reading WHERE model_version = 1") == 20
    assert trained.one(ENGINEER_TOLD.format("refused"))
    assert trained.started[0].stop() == 0
