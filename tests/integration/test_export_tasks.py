"""`./run export` of machines that people tell more about than fault or not: a defect's name, or what they measured."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.exporting import Exported, export
from app.rescoring import Period
from core.batch import Floats
from core.errors import UserError
from core.history import History
from core.machine import Machine
from core.reply import Reply
from db.engine import connect
from model.csv_history import read_history
from model.training_file import TrainingFile
from tests.film_world import FilmWorld, film_world
from tests.films import FILM, THIN, some_films
from tests.plate_world import PlateWorld, plate_world
from tests.plates import PLATES, plates_of, some_plates

DINA = 21


@pytest.fixture
def plates(database_url: str, tmp_path: Path) -> Iterator[PlateWorld]:
    with plate_world(database_url, tmp_path, some_plates(900)) as made:
        made.operator("Dina", DINA)
        yield made


@pytest.fixture
def films(database_url: str, tmp_path: Path) -> Iterator[FilmWorld]:
    with film_world(database_url, tmp_path, some_films()) as made:
        made.operator("Dina", DINA)
        yield made


def exported(database_url: str, machine: Machine, path: Path, *, assume_normal: bool = False) -> Exported:
    """As the command does, by the role that only reads."""
    engine = connect(database_url, "grafana")
    with TrainingFile(path, machine) as file:
        found = export(engine, machine, Period(None, None), assume_normal, file.write)
    engine.dispose()
    return found


def judged_plates(world: PlateWorld) -> tuple[Floats, list[str]]:
    """Plates of which people said something, in their order, and what each of them teaches; "" nothing."""
    random = np.random.default_rng(4)
    said = [
        (plates_of(np.array([5]), random, 0.3), "bumps", ["Bumps"]),
        (plates_of(np.array([3, 3, 6]), random, 0.3), "Stains", ["Stains", "Stains", ""]),  # the model saw bumps
        (plates_of(np.array([2]), random, 0.3), "Y", [""]),
        (plates_of(np.array([1]), random, 0.3), "N", ["Other_Faults"]),
        (plates_of(np.array([4]), random, 0.3), "maintenance", [""]),
    ]
    for sensors, answer, _ in said:
        alert = world.plates(sensors)
        world.plates(plates_of(np.array([0]), random, 0.3))  # closes the incident
        world.says(DINA, answer, alert)
    return np.vstack([sensors for sensors, _, _ in said]), [name for _, _, names in said for name in names]


def by_row(history: History) -> dict[bytes, str]:
    assert history.classes is not None
    names = [PLATES.classes[number] for number in history.classes.tolist()]
    return {row.tobytes(): name for row, name in zip(history.sensors, names, strict=True)}


def test_a_named_defect_comes_back_as_that_defect(plates: PlateWorld, database_url: str, tmp_path: Path) -> None:
    sensors, names = judged_plates(plates)
    expected = {row.tobytes(): name for row, name in zip(sensors, names, strict=True) if name}
    for ending in ("csv", "parquet"):
        path = tmp_path / f"plates.{ending}"
        found = exported(database_url, PLATES, path)
        assert found == Exported(faults=3, normal=1, left_out=1, no_defect=2)
        assert by_row(read_history(path, PLATES)) == expected
    assert exported(database_url, PLATES, tmp_path / "all.csv", assume_normal=True).assumed_normal == 5
    everything = by_row(read_history(tmp_path / "all.csv", PLATES))
    assert len(everything) == 4 + 5
    assert list(everything.values()).count("Other_Faults") == 1 + 5


def test_a_measured_value_comes_back_as_that_value(films: FilmWorld, database_url: str, tmp_path: Path) -> None:
    for update, answer in enumerate(("8,3", "N", "13.4"), 1):
        alert = films.course(THIN - 1)
        said = Reply("telegram", update, "{}", str(DINA), str(DINA), answer, alert=alert)
        films.inbox.accept("telegram/1", said)
    path = tmp_path / "films.csv"
    found = exported(database_url, FILM, path)
    history = read_history(path, FILM)
    assert history.values is not None
    assert sorted(set(history.values.tolist())) == [8.3, 13.4]
    np.testing.assert_array_equal(history.fault, history.values > 10)
    assert (found.faults, found.normal) == (int(history.fault.sum()), int((~history.fault).sum()))
    judged = films.one("SELECT count(*) FROM labelled_reading WHERE quality = 0")
    assert found.faults + found.normal + found.no_value == judged
    assert found.no_value >= 2
    with pytest.raises(UserError, match=r"--assume-normal: permeability is trained on measured values"):
        exported(database_url, FILM, path, assume_normal=True)
    assert len(read_history(path, FILM)) == len(history), "what was there stays"
