"""A spindle's vibration as the public file has it: three axes, and nobody knows of a fault. The numbers are made up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.machines import load_machines
from app.wiring import ROOT
from core.batch import Floats
from core.history import History
from core.label import Verdict
from core.machine import Machine
from core.prediction import ModelVersion
from core.training import LabelledIncident
from model.fit import Candidate, train
from model.recipe import Recipe
from model.scorer import FaultModel

VIBRATION: Machine = load_machines(ROOT / "machines")["vibration"]
MIDDLE = (52.0, 86.0, 10.5)
ODD = (75.0, 86.0, 10.5)
"""Beyond what these readings reach along one axis; it may be another product that is milled."""


def normal_readings(count: int = 400, seed: int = 1) -> Floats:
    """Shape (n, sensors): two axes move against each other."""
    random = np.random.default_rng(seed)
    sway = random.normal(0, 1, count)
    axes = [52 + 3 * sway, 86 - 2 * sway + random.normal(0, 2, count), 10.5 + random.normal(0, 1.2, count)]
    return np.column_stack(axes)


def around(middle: Sequence[float], count: int, seed: int = 3) -> Floats:
    """Readings that are nearly the same."""
    return np.array(middle) + np.random.default_rng(seed).normal(0, 0.2, (count, len(middle)))


def a_past(count: int = 400, seed: int = 1, faults: Floats | None = None) -> History:
    """Normal readings, and behind them faults that somebody wrote down."""
    normal = normal_readings(count, seed)
    found = np.empty((0, 3)) if faults is None else faults
    sensors = np.vstack([normal, found])
    fault = np.arange(len(sensors)) >= count
    return History(sensors, fault, ["vibration"] * len(sensors), np.arange(len(sensors), dtype=np.int64) * 1_000_000)


def written(path: Path, history: History) -> Path:
    """The public file's columns, with a time that names a day."""
    times = (datetime.fromtimestamp(micros / 1e6, UTC).isoformat() for micros in history.times.tolist())
    rows = (",".join([time, *map(repr, row)]) for time, row in zip(times, history.sensors.tolist(), strict=True))
    path.write_text("\n".join([",".join(["at", *VIBRATION.sensor_names]), *rows]) + "\n", encoding="utf-8")
    return path


def a_spindle(
    history: History | None = None, incidents: Sequence[LabelledIncident] = (), machine: Machine = VIBRATION
) -> Candidate:
    """Fitted to normal readings."""
    return train(machine, history or a_past(), Recipe(), incidents, lambda _: None)


def in_service(candidate: Candidate, number: int = 1) -> FaultModel:
    """As a consumer has it."""
    version = ModelVersion(candidate.machine.name, number)
    return FaultModel(version, candidate.usual, candidate.metrics.threshold, candidate.pipeline)


def said_of(
    sensors: Floats, verdict: Verdict, label: int = 1, *, asked: bool = False, held_back: bool = False
) -> LabelledIncident:
    """An answered incident of these readings."""
    return LabelledIncident(label, label, verdict, sensors, asked=asked, held_back=held_back)
