"""Plates with several defects: scored, stored, told of, and taught."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from alerts.facts import ReceiptFacts, read_facts
from alerts.receipt_text import receipt_text
from core.errors import ModelRefused
from core.prediction import ModelVersion
from core.reply import WHICH, Outcome, ReplyOutcome
from core.training_options import TrainingOptions
from model.base_data import base_data
from model.retraining import retrain
from model.search_budget import Budget
from tests.plate_world import PlateWorld, plate_world
from tests.plates import PLATES, a_candidate_for_plates, plates_of, some_plates

V1 = ModelVersion(PLATES.name, 1)
DINA = 21


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[PlateWorld]:
    with plate_world(database_url, tmp_path, some_plates(900)) as made:
        made.operator("Dina", DINA)
        yield made


def test_the_three_likeliest_classes_of_each_fault_are_stored_with_the_readings(world: PlateWorld) -> None:
    sensors = plates_of(np.array([0, 1, 2, 3, 0, 6]), np.random.default_rng(4), 0.5)
    world.plates(sensors)
    said = world.release.models.load(PLATES, V1).predict(sensors)
    assert said.defects is not None
    stored = world.rows("SELECT kafka_offset, rank, class, probability FROM reading_class ORDER BY 1, 2")
    expected = []
    for row in np.flatnonzero(said.faults).tolist():
        ranked = sorted(range(7), key=lambda number: -said.defects[row, number])[:3]  # type: ignore[index]  # not None
        expected += [(row, rank, number, said.defects[row, number]) for rank, number in enumerate(ranked, 1)]
    assert len(expected) >= 9
    assert [tuple(row) for row in stored] == expected
    classes = world.rows("SELECT class FROM reading ORDER BY kafka_offset")
    assert [row[0] for row in classes] == said.classes.tolist()


def test_an_alert_tells_the_three_likeliest_defects_and_what_to_do_about_the_first(world: PlateWorld) -> None:
    alert = world.plate(5)
    body, channel = world.rows("SELECT body, channel FROM outbox WHERE alert = :alert", alert=alert)[0]
    assert channel == "telegram"
    assert body["defects"][0]["defect"] == "Dirtiness"
    assert len(body["defects"]) == 3
    assert body["advice"] == "Clean the rolls and the conveyer."
    assert world.one("SELECT defects FROM alert") == body["defects"]
    assert world.one("SELECT advice FROM alert") == body["advice"]


def test_a_model_that_tells_other_defects_than_the_machines_file_is_refused(world: PlateWorld) -> None:
    turned = msgspec.structs.replace(PLATES, defects=(PLATES.defects[1], PLATES.defects[0], *PLATES.defects[2:]))
    with pytest.raises(ModelRefused, match=r"the defects in the file of steel_plates changed after it was trained"):
        world.release.models.load(turned, V1)
    assert world.release.models.load(PLATES, V1).version == V1


def says(world: PlateWorld, text: str, alert: int) -> ReplyOutcome:
    """Dina presses a button, or writes to the alert's message."""
    return world.says(DINA, text, alert)


def noted(outcome: ReplyOutcome) -> str:
    return receipt_text(read_facts(outcome.facts, ReceiptFacts))


def answer_of(world: PlateWorld) -> list[tuple[str, str]]:
    return [tuple(row) for row in world.rows("SELECT verdict, defect FROM effective_label")]


def test_another_defect_is_named_corrected_and_taken_back(world: PlateWorld) -> None:
    alert = world.plate(1)
    assert noted(says(world, "bumps", alert)) == f"Thank you. Noted: real fault: Bumps, line-1, alert #{alert}."
    assert answer_of(world) == [("fault", "Bumps")]
    assert says(world, "Bumps", alert).kind is Outcome.REPEATED
    assert says(world, "Y", alert).kind is Outcome.REPEATED, "who names no defect contradicts none"
    says(world, "Z-scratch: at the left edge", alert)
    assert answer_of(world) == [("fault", "Z_Scratch")]
    assert world.one("SELECT comment FROM effective_label") == "at the left edge"
    shown = world.rows("SELECT body FROM outbox WHERE kind = 'answered' ORDER BY id DESC LIMIT 1")[0].body
    assert (shown["verdict"], shown["defect"]) == ("fault", "Z_Scratch")
    assert noted(says(world, "/undo", alert)).startswith("Taken back: real fault: Z_Scratch")
    assert answer_of(world) == [("fault", "Bumps")]
    says(world, "other faults", alert)
    assert answer_of(world) == [("false_alarm", "Other_Faults")]
    assert says(world, "Rust", alert).kind is Outcome.NOT_UNDERSTOOD
    assert world.one("SELECT count(*) FROM label") == 3


def test_a_button_shows_all_defects_in_the_chat_where_it_was_pressed(world: PlateWorld) -> None:
    alert = world.plate(2)
    assert noted(says(world, WHICH, alert)) == "Press the defect that it is."
    (edit,) = world.rows("SELECT address, body FROM outbox WHERE kind = 'answered'")
    assert (edit.address, edit.body["all_defects"]) == (str(DINA), True)
    assert edit.body["choices"] == [defect.name for defect in PLATES.defects]
    assert world.one("SELECT count(*) FROM label") == 0


def test_a_name_speaks_of_the_plates_that_the_model_took_for_what_the_alert_told_of(world: PlateWorld) -> None:
    alert = world.plates(plates_of(np.array([3, 3, 6]), np.random.default_rng(4), 0.3))
    world.plates(plates_of(np.array([0]), np.random.default_rng(4), 0.3))
    says(world, "Stains", alert)
    (one,) = world.release.labels.effective(PLATES)
    assert one.defect == "Stains"
    assert one.named is not None
    assert one.named.tolist() == [True, True, False]


def test_a_correction_reaches_the_next_model(world: PlateWorld) -> None:
    random = np.random.default_rng(8)
    odd = plates_of(np.full(6, 6), random, 0.1)
    odd[:, 0] = 9_000.0  # bumps to the eye of the model, yet all of these are dirt, and lie where no plate ever lay
    first = world.release.models.load(PLATES, V1).predict(odd)
    assert first.faults.all()
    assert 5 not in first.classes
    for plate in odd[:3]:
        alert = world.plates(plate[np.newaxis])
        says(world, "Dirtiness", alert)
        world.plates(plates_of(np.array([0]), random, 0.3))
    outcome = retrain(world.release, PLATES, TrainingOptions(), "ada", lambda _: None, Budget())
    assert outcome.promoted, outcome.reason
    assert "defects would be called what people named them" in outcome.reason
    second = world.release.models.load(PLATES, ModelVersion(PLATES.name, 2)).predict(odd)
    assert [PLATES.classes[number] for number in second.classes.tolist()] == ["Dirtiness"] * 6


def test_the_gate_refuses_a_model_that_confuses_defects(world: PlateWorld) -> None:
    history = some_plates(900)
    assert history.classes is not None
    order = np.array([0, 2, 1, 4, 3, 6, 5], dtype=np.int16)
    history.classes[:] = order[history.classes]
    confused = a_candidate_for_plates(history)
    assert confused.hold_out.classes is not None
    confused.hold_out.classes[:] = order[confused.hold_out.classes]  # judged by what the plates really have
    outcome = world.release.offer(confused, base_data(PLATES, some_plates(900)), "ada", lambda _: None)
    assert not outcome.promoted
    assert outcome.reason.startswith("it confuses defects on the hold-out, beyond chance: macro F1 0.")
