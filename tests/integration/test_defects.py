"""Plates with several defects: scored, stored, told of, and taught."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from core.errors import ModelRefused
from core.prediction import ModelVersion
from tests.plate_world import PlateWorld, plate_world
from tests.plates import PLATES, plates_of, some_plates

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
