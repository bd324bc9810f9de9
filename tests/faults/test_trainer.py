"""The trainer dies, S3 and the database go away while it trains: the champion scores on, and there is one promotion."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import NOON, a_reading
from tests.faults.catalogue import ALWAYS, survives
from tests.faults.rig import Rig
from tests.faults.waiting_trainer import STEPS

# A clean run over the log knows the first model alone: what the second one scored cannot be compared with it (I4).
SCORED_BY_TWO_MODELS = f"{ALWAYS} I3"
pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


def warm(device: str) -> Sequence[dict[str, Any]]:
    """A device that runs hot and is fine, as nobody but a person can tell."""
    return [
        a_reading(
            device,
            NOON + timedelta(seconds=tick),
            temperature=100.0 + tick / 10,
            vibration=1.5,
            humidity=50.0,
            pressure=35.0,
        )
        for tick in range(10)
    ]


def asked_to_learn(rig: Rig) -> int:
    """A false alarm, answered, and the request to learn from it; how many readings were published for it."""
    rig.world.run("operators", "add", "ann", "--console")
    published = rig.world.publish(warm("oven-1"))
    rig.wait_for(f"SELECT EXISTS ({_ALERT})", "oven-1 is told of")
    rig.world.run("reply", str(rig.world.one(_ALERT)), "n")
    rig.world.run("retrain", "equipment", "--no-wait", "--model", "hgb")
    return published


@survives("trainer killed at each step", checks=SCORED_BY_TWO_MODELS)
@pytest.mark.parametrize("step", STEPS)
def test_a_trainer_killed_at_any_step_leaves_the_champion_scoring_and_one_promotion(rig: Rig, step: str) -> None:
    with rig.load() as load:
        rig.consumer()
        rig.wait_for_progress()
        extra = asked_to_learn(rig)
        victim = rig.world.start("trainer", module="tests.faults.waiting_trainer", WAIT_AT=step)
        rig.wait_until_said(victim, f"waits at: {step}", seconds=180)
        rig.wait_for_progress(5000)
        victim.kill()
        assert rig.world.one("SELECT state FROM training_request") == "running", "it died amid its work"
        rig.wait_for_progress(5000)
        rig.execute("UPDATE training_request SET lease_until = now() - interval '1 second'")  # half a minute passed
        rig.world.start("trainer")
        rig.wait_for("SELECT state IN ('promoted', 'refused') FROM training_request", "another finished it", 180)
        champion = rig.world.one("SELECT number FROM promotion ORDER BY id DESC LIMIT 1")
        rig.wait_for("SELECT EXISTS (SELECT FROM model_load WHERE number > 1 AND outcome = 'loaded')", "it is loaded")
        rig.wait_for_progress(5000)
    assert rig.world.one("SELECT count(*) FROM promotion WHERE number > 1") == 1, "nothing is promoted twice"
    assert json.loads(rig.world.run("models", "verify", "equipment", "--json").stdout)["good"]
    assert rig.world.one(_SCORED_BY) == [1, champion]
    rig.survived(load.published + extra)


@survives("S3 and Postgres away while a model is trained and rolled back", checks=SCORED_BY_TWO_MODELS)
def test_a_retraining_waits_for_s3_and_the_database_and_the_champion_scores_on(rig: Rig) -> None:
    with rig.load() as load:
        rig.consumer()
        rig.wait_for_progress()
        trainer = rig.world.start("trainer")
        rig.wait_until_said(trainer, "waiting for requests")
        rig.stack.object_store.kill()
        extra = asked_to_learn(rig)
        rig.wait_for("SELECT tries > 0 AND state <> 'running' FROM training_request", "it was tried, in vain")
        rig.wait_for_progress(5000)
        rig.stack.postgres.restart()
        rig.wait_for_progress(5000)
        assert rig.world.one("SELECT count(*) FROM promotion") == 1
        rig.stack.object_store.restart()
        rig.wait_for("SELECT state = 'promoted' FROM training_request", "it learnt at last", 150)
        rig.wait_for("SELECT EXISTS (SELECT FROM model_load WHERE number = 2 AND outcome = 'loaded')", "it is loaded")
        rig.wait_for_progress(5000)
        rig.world.run("models", "rollback", "equipment", "--reason", "a test")
        rig.stack.object_store.kill()
        rig.stack.postgres.restart()
        rig.wait_for_progress(5000)
        rig.stack.object_store.restart()
        rig.wait_for(_LOADED_AGAIN, "version 1 serves again", 120)
        rig.wait_for_progress(5000)
    rig.survived(load.published + extra)


_SCORED_BY = "SELECT array_agg(DISTINCT model_version ORDER BY model_version) FROM reading"
_ALERT = """
    SELECT a.id FROM alert a JOIN incident i ON i.id = a.incident JOIN device d ON d.id = i.device
     WHERE d.name = 'oven-1'"""
_LOADED_AGAIN = """
    SELECT number = 1 FROM model_load WHERE outcome = 'loaded' ORDER BY id DESC LIMIT 1"""
