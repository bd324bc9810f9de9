"""`./run export`: what people judged, as a file that trains a model again."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from core.batch import to_micros
from core.errors import UserError
from model.csv_history import read_history
from tests.builders import NOON
from tests.judged_log import EQUIPMENT, LOG, judged_log
from tests.shell import Shell


@pytest.fixture
def world(shell: Shell, owner: Engine, database_url: str, environment: Mapping[str, str], tmp_path: Path) -> Shell:
    judged_log(shell, owner, database_url, environment, tmp_path)
    return shell


def exported(shell: Shell, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shell("export", "equipment", *arguments, "--json"))
    return found


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_what_was_judged_comes_back_as_training_rows(world: Shell, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"labels.{ending}"
    counts = exported(world, "--out", str(file))
    history = read_history(file, EQUIPMENT)
    # The first incident was confirmed, the second refuted; both are of oven-1.
    assert (counts["faults"], counts["normal"]) == (int(history.fault.sum()), int((~history.fault).sum()))
    assert counts["faults"] > 3
    assert counts["normal"] > 3
    assert set(history.devices) == {"oven-1"}
    offsets = (history.times - to_micros(NOON)) // 1_000_000
    np.testing.assert_array_equal(history.sensors, [LOG[offset][1] for offset in offsets.tolist()])
    assert (offsets[history.fault] < 25).all()
    assert (offsets[~history.fault] > 25).all()


def test_with_the_others_assumed_normal_every_stored_reading_is_there_once(world: Shell, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    counts = exported(world, "--out", str(file), "--assume-normal")
    assert counts["faults"] + counts["normal"] + counts["assumed_normal"] == len(LOG)
    history = read_history(file, EQUIPMENT)
    assert history.times.tolist() == [to_micros(NOON + timedelta(seconds=row)) for row in range(len(LOG))]


def test_only_a_period_is_exported(world: Shell, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    until = (NOON + timedelta(seconds=25)).isoformat()
    counts = exported(world, "--out", str(file), "--until", until, "--assume-normal")
    assert counts["normal"] == 0
    assert counts["faults"] + counts["assumed_normal"] == 25


def test_another_ending_is_refused(world: Shell, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ends in \.csv or \.parquet"):
        exported(world, "--out", str(tmp_path / "labels.txt"))
