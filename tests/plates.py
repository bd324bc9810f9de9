"""Steel plates as UCI's file has them: 27 numbers and seven defects. What each defect looks like is made up here."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.machines import load_machines
from app.wiring import ROOT
from core.batch import Floats, Integers
from core.history import History
from core.machine import Machine
from model.base_data import base_data
from model.fit import Candidate, train
from model.recipe import Recipe
from model.release import Outcome, Release

PLATES: Machine = load_machines(ROOT / "machines")["steel_plates"]
_SHARES = (0.35, 0.08, 0.1, 0.2, 0.04, 0.03, 0.2)
"""Of each class, about as many as in the public file."""
_WIDTH = 0.12
"""Of a sensor's usual range: how far plates of one defect scatter."""


def some_plates(count: int = 1_400, seed: int = 1, scatter: float = 1.0) -> History:
    """Plates of which each defect shows in sensors of its own, scattered so that a few look like another one."""
    random = np.random.default_rng(seed)
    classes = random.choice(len(PLATES.classes), count, p=_SHARES).astype(np.int16)
    sensors = plates_of(classes.astype(np.int64), random, scatter)
    times = np.arange(count, dtype=np.int64) * 1_000_000
    return History(sensors, classes != 0, [PLATES.name] * count, times, classes)


def plates_of(classes: Integers, random: np.random.Generator, scatter: float = 1.0) -> Floats:
    """A plate of each of these classes, shape (n, sensors)."""
    low, high = np.array([sensor.usual for sensor in PLATES.sensors]).T
    place = 0.5 + random.normal(0, _WIDTH * scatter, (len(classes), len(low)))
    for row, number in zip(place, classes.tolist(), strict=True):
        if number:
            row[3 * number : 3 * number + 3] += (0.45, -0.45, 0.45)
    return np.asarray(low + place * (high - low), dtype=np.float64)


def written(path: Path, history: History, header: bool = False) -> Path:
    """The file that UCI has (tabs, no header), or one with commas and a header; a column for each defect."""
    names = [defect.name for defect in PLATES.defects]
    separator = "," if header else "\t"
    lines = [separator.join([PLATES.csv.columns[name] for name in PLATES.sensor_names] + names)] if header else []
    assert history.classes is not None
    for row, number in zip(history.sensors, history.classes.tolist(), strict=True):
        ones = ["1" if name == PLATES.classes[number] else "0" for name in names]
        lines.append(separator.join([*map(repr, row.tolist()), *ones]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def a_candidate_for_plates(history: History | None = None, **recipe: object) -> Candidate:
    """Fitted plates."""
    recipe = {"algorithm": "lr", **recipe}
    return train(PLATES, history or some_plates(), Recipe(**recipe), [], lambda _: None)  # type: ignore[arg-type]  # as given


def published_plates(release: Release, history: History, algorithm: str = "lr") -> Outcome:
    """A first model of plates, promoted."""
    candidate = a_candidate_for_plates(history, algorithm=algorithm)
    return release.offer(candidate, base_data(PLATES, history), "ada", lambda _: None)


def probabilities_of(names: Sequence[str], values: Sequence[float]) -> list[float]:
    """Of each class, in the machine's order; 0 for those that are not named."""
    said = dict(zip(names, values, strict=True))
    return [said.get(name, 0.0) for name in PLATES.classes]
