"""A public data set through the whole way of a reading."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold
from sqlalchemy import Engine

from app.machines import load_machines
from app.models import model_source
from app.settings import read_settings
from app.wiring import ROOT
from core.batch import Floats
from core.prediction import ModelVersion
from model.answers import probabilities
from model.csv_history import read_history
from model.evaluation import evaluate
from model.fit import train
from model.pipeline import fit_bare
from model.recipe import Recipe
from tests.conftest import Servers
from tests.world import World, assert_invariants

_ROWS = 10_000


@pytest.mark.real_data
def test_every_row_of_ai4i_is_stored_once_with_the_probability_that_scikit_learn_gives_offline(
    servers: Servers, owner: Engine, tmp_path: Path, real_data: Path
) -> None:
    file = real_data / "ai4i2020.csv"
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    first = tmp_path / "first.csv"
    first.write_text("\n".join(lines[: 1 + _ROWS * 7 // 10]), encoding="utf-8")
    world = World(servers, owner, tmp_path, machine="ai4i")
    try:
        world.run("train", "ai4i", "--csv", str(first), "--model", "rf")
        world.start("consumer")
        world.run("producer", "ai4i", "--file", str(file))
        world.wait_until_read(_ROWS)
        assert_invariants(world)
        assert world.one("SELECT count(*) FROM reading") == _ROWS

        stored = world.rows("SELECT sensors, score, model_version FROM reading")
        sensors = np.array([row.sensors for row in stored])
        assert sorted(map(tuple, sensors.tolist())) == sorted(map(tuple, _columns(file).tolist()))
        settings = read_settings(world.environment)
        machine = load_machines(tmp_path / "machines")["ai4i"]
        model = model_source(settings, owner).load(machine, ModelVersion("ai4i", 1))
        offline = model.pipeline.predict_proba(sensors)[:, 1]
        assert offline.tobytes() == np.array([row.score for row in stored]).tobytes()
        assert {row.model_version for row in stored} == {1}
    finally:
        world.end()


@pytest.mark.real_data
def test_with_engineered_sensors_a_random_forest_finds_most_faults_of_ai4i(real_data: Path) -> None:
    machine = load_machines(ROOT / "machines")["ai4i"]
    history = read_history(real_data / "ai4i2020.csv", machine)
    weights, scores = np.ones(len(history)), np.empty(len(history))
    for fitted, judged in StratifiedKFold(5, shuffle=True, random_state=0).split(history.sensors, history.fault):
        pipeline = fit_bare(machine, "rf", history.sensors[fitted], history.fault[fitted], weights[fitted], 0)
        scores[judged] = probabilities(pipeline, history.sensors[judged])
    f1 = evaluate(history.fault, scores, fixed_threshold=0.5).f1
    assert f1 is not None
    assert f1 >= 0.85


@pytest.mark.real_data
def test_with_rolling_sensors_a_forest_finds_how_the_machine_of_nab_fails_in_its_last_weeks(
    real_data: Path, tmp_path: Path
) -> None:
    machine = load_machines(ROOT / "machines")["machine_temperature"]
    history = read_history(_labelled(real_data, tmp_path / "labelled.csv"), machine)
    first = np.arange(len(history)) < len(history) * 60 // 100
    # All that is learnt is learnt from the first part, and so is where it alarms.
    candidate = train(machine, history.rows(first), Recipe("rf"), [], lambda _: None)
    later = history.rows(~first)
    scores = probabilities(candidate.pipeline, later.sensors)
    found = evaluate(later.fault, scores, fixed_threshold=candidate.metrics.threshold)
    assert (found.rows, found.faults) == (9078, 1134)
    assert found.f1 is not None
    assert found.f1 >= 0.5


def _labelled(real_data: Path, path: Path) -> Path:
    """The benchmark's file with a column that says whether a reading lies within one of its windows."""
    table = pd.read_csv(real_data / "nab_machine_temperature.csv")
    times = pd.to_datetime(table["timestamp"])
    (windows,) = json.loads((real_data / "nab_windows.json").read_text()).values()
    within = [times.between(pd.Timestamp(begin), pd.Timestamp(end)) for begin, end in windows]
    table.assign(anomaly=np.any(within, axis=0).astype(int)).to_csv(path, index=False)
    return path


def _columns(file: Path) -> Floats:
    table = pd.read_csv(file, encoding="utf-8-sig")
    table["Type"] = table["Type"].map({"L": 0, "M": 1, "H": 2})
    names = ["Type", "Air temperature [K]", "Process temperature [K]"]
    return table[[*names, "Rotational speed [rpm]", "Torque [Nm]", "Tool wear [min]"]].to_numpy(dtype=np.float64)
