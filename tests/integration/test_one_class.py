"""A machine of which nobody knows a fault: scored, told of, corrected and taught, on a real database."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from alerts.alert_text import alert_text
from alerts.facts import AlertFacts, read_facts
from alerts.markup import PLAIN
from core.prediction import ModelVersion
from core.training_options import TrainingOptions
from db.engine import connect
from model.base_data import base_data
from model.release import Outcome
from model.retraining import retrain
from model.search_budget import Budget
from tests.machine_world import ROLES, MachineWorld
from tests.releases import a_release
from tests.vibration import ODD, VIBRATION, a_past, a_spindle, around, in_service, normal_readings

VERA = 31
STRAY = (52.0, 60.0, 10.5)
"""Far out along another axis."""


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[MachineWorld]:
    engines = {role: connect(database_url, role) for role in ROLES}
    release = a_release(engines["trainer"], tmp_path)
    release.offer(a_spindle(), base_data(VIBRATION, a_past()), "ada", lambda _: None)
    made = MachineWorld(engines, release, VIBRATION)
    made.operator("Vera", VERA)
    yield made
    for engine in engines.values():
        engine.dispose()


def alarm(world: MachineWorld, place: tuple[float, float, float], seed: int) -> int:
    """The spindle runs out there for a while and comes back; the alert's number."""
    raised = world.readings(around(place, 4, seed), "spindle-1")
    world.readings(normal_readings(30, seed), "spindle-1")
    return raised


def next_model(world: MachineWorld) -> Outcome:
    return retrain(world.release, VIBRATION, TrainingOptions(), "ada", lambda _: None, Budget())


def test_readings_are_stored_with_how_abnormal_they_are_and_an_alert_says_so(world: MachineWorld) -> None:
    rows = np.vstack([normal_readings(5), around(ODD, 4)])
    alert = world.readings(rows, "spindle-1")
    said = in_service(a_spindle()).predict(rows)
    stored = world.rows("SELECT score FROM reading ORDER BY kafka_offset")
    assert [row.score for row in stored] == said.scores.tolist()
    assert said.faults.tolist() == [False] * 5 + [True] * 4
    (body,) = world.rows("SELECT body FROM outbox WHERE alert = :alert", alert=alert)
    words = alert_text(read_facts(body.body, AlertFacts), "UTC", PLAIN)
    assert " % abnormal · since " in words
    assert "likely" not in words
    assert "• vibration_x: " in words, "what stands out"


def test_a_refuted_alert_does_not_ring_again_and_other_trouble_still_does(world: MachineWorld) -> None:
    refuted, confirmed = alarm(world, ODD, 5), alarm(world, STRAY, 6)
    world.says(VERA, "N", refuted)
    world.says(VERA, "Y", confirmed)
    outcome = next_model(world)
    assert outcome.promoted, outcome.reason
    assert outcome.reason == "1 refuted alert would not ring again"
    assert outcome.gate.hold_out is None
    assert [found.rows for found in outcome.gate.normal] == [100]
    second = world.release.models.load(VIBRATION, ModelVersion("vibration", 2))
    assert not second.predict(around(ODD, 20, seed=11)).faults.any()
    assert second.predict(around(STRAY, 20, seed=11)).faults.all()
    before = int(world.one("SELECT count(*) FROM alert"))
    world.readings(around(ODD, 4, seed=12), "spindle-1", version=2)
    assert world.one("SELECT count(*) FROM alert") == before


def test_a_model_that_would_miss_a_confirmed_fault_is_refused(world: MachineWorld) -> None:
    world.says(VERA, "Y", alarm(world, ODD, 5))
    world.says(VERA, "Y", alarm(world, ODD, 6))
    history = a_past()
    history.sensors[::3] = around(ODD, len(history.sensors[::3]))  # base data of a spindle that ran so all the time
    blind = a_spindle(history)
    outcome = world.release.offer(blind, base_data(VIBRATION, history), "ada", lambda _: None)
    assert not outcome.promoted
    assert "confirmed fault" in outcome.reason
    assert len(outcome.gate.normal) == 2, "on its own hold-out and on the champion's"


def test_without_an_answer_a_retraining_changes_nothing_and_its_report_says_what_it_can(world: MachineWorld) -> None:
    outcome = next_model(world)
    assert not outcome.promoted
    assert outcome.reason == "no better: no verdict would come out better"
    report = world.release.bucket.newest(f"machines/vibration/reports/{outcome.report}.html")
    assert report is not None
    words = report.decode()
    assert "The hold-out has no fault: how many faults it would find is not known" in words
    assert "How much more abnormal normal rows look where a sensor" in words
    assert "PR-AUC" not in words
