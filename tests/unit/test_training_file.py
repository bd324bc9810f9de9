"""What is exported of machines whose labels are more than fault or not, read back as training rows."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from core.history import History
from core.machine import Machine
from model.csv_history import read_history
from model.training_file import TrainingFile
from tests.films import FILM, some_films
from tests.plates import PLATES, some_plates

NAMES_IN_A_COLUMN = msgspec.structs.replace(
    PLATES,
    labels=msgspec.structs.replace(PLATES.labels, one_hot=False, column="defect"),
    csv=msgspec.structs.replace(PLATES.csv, header=True, separator=";", decimal=","),
)
GERMAN_FILM = msgspec.structs.replace(FILM, csv=msgspec.structs.replace(FILM.csv, separator=";", decimal=","))
ENDINGS = pytest.mark.parametrize("ending", ["csv", "parquet"])


def written(path: Path, machine: Machine, history: History) -> Path:
    """In two parts, as pages are."""
    early = np.arange(len(history)) < len(history) // 3
    with TrainingFile(path, machine) as file:
        file.write(history.rows(early))
        file.write(history.rows(~early))
    return path


def assert_same(read: History, history: History) -> None:
    np.testing.assert_array_equal(read.sensors, history.sensors)
    np.testing.assert_array_equal(read.fault, history.fault)
    np.testing.assert_array_equal(read.times - read.times[0], history.times - history.times[0])
    assert (read.classes is None, read.values is None) == (history.classes is None, history.values is None)
    if history.classes is not None:
        np.testing.assert_array_equal(read.classes, history.classes)
    if history.values is not None:
        np.testing.assert_array_equal(read.values, history.values)


@ENDINGS
@pytest.mark.parametrize("machine", [PLATES, NAMES_IN_A_COLUMN], ids=["one column each", "names in a column"])
def test_each_row_keeps_its_defect(tmp_path: Path, machine: Machine, ending: str) -> None:
    history = some_plates(60)
    assert_same(read_history(written(tmp_path / f"plates.{ending}", machine, history), machine), history)


@ENDINGS
@pytest.mark.parametrize("machine", [FILM, GERMAN_FILM], ids=["decimal point", "decimal comma"])
def test_each_row_keeps_what_was_measured(tmp_path: Path, machine: Machine, ending: str) -> None:
    history = some_films(60)
    assert_same(read_history(written(tmp_path / f"films.{ending}", machine, history), machine), history)


def test_a_csv_of_a_machine_whose_files_have_no_header_has_none_and_a_parquet_file_keeps_device_and_time(
    tmp_path: Path,
) -> None:
    history = replace(some_plates(10), devices=["line-7"] * 10)
    first = written(tmp_path / "plates.csv", PLATES, history).read_text().partition("\n")[0].split("\t")
    assert first[:2] == [repr(number) for number in history.sensors[0, :2].tolist()]
    assert len(first) == 27 + 7
    stored = written(tmp_path / "plates.parquet", PLATES, history)
    assert set(read_history(stored, PLATES).devices) == {"line-7"}
    assert list(pd.read_parquet(stored).columns[:3]) == ["device", "time", "X_Minimum"]
