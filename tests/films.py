"""Packaging film whose permeability is predicted, made up as the machine's file says."""

from pathlib import Path

import msgspec
import numpy as np

from app.machines import load_machines
from app.wiring import ROOT
from core.batch import Floats
from core.history import History
from core.machine import Machine
from core.target import Target, outside
from model.base_data import base_data
from model.fit import Candidate, train
from model.recipe import Recipe
from model.release import Outcome, Release
from producer.history import simulated_values

FILM: Machine = load_machines(ROOT / "machines")["permeability"]
assert FILM.target is not None
TARGET: Target = FILM.target
WORDS = FILM.csv.values["estructura"]
THIN = 11.0
"""Micrometres at which every structure lets too much through."""


def some_films(count: int = 900, seed: int = 1) -> History:
    """Samples of which about one in six is too thin."""
    random = np.random.default_rng(seed)
    low, high = np.array([sensor.usual for sensor in FILM.sensors]).T
    sensors = low + random.random((count, len(low))) * (high - low)
    sensors[:, 2] = random.integers(len(WORDS), size=count)
    thin = random.random(count) < 1 / 6
    sensors[thin, 3:] = random.uniform(THIN - 2, THIN + 2, (int(thin.sum()), 5))
    values = simulated_values(FILM, TARGET, sensors, seed)
    times = np.arange(count, dtype=np.int64) * 1_000_000
    return History(sensors, outside(TARGET, values), [FILM.name] * count, times, None, values)


def a_film(gauge: float, structure: str = "PET", celsius: float = 24.0, humidity: float = 35.0) -> Floats:
    """One sample as its sensors read it, shape (1, sensors)."""
    return np.array([[celsius, humidity, WORDS[structure], *[gauge] * 5]])


def written(path: Path, history: History, separator: str = ",", decimal: str = ".") -> Path:
    """The older system's file: Spanish names, the sample's number first, structures as words."""
    gauges = [f"Calibre{number}" for number in range(1, 6)]
    names = ["Muestra", "Grados_C", "Porc_Humedad", "Estructura", *gauges, "CalibreProm", "Permeabilidad"]
    words = {number: word for word, number in WORDS.items()}
    assert history.values is not None
    lines = [separator.join(names)]
    for sample, (row, value) in enumerate(zip(history.sensors.tolist(), history.values.tolist(), strict=True), 1):
        numbers = [*row[:2], *row[3:], sum(row[3:]) / 5, value]
        texts = [repr(number).replace(".", decimal) for number in numbers]
        lines.append(separator.join([str(sample), *texts[:2], words[row[2]], *texts[2:]]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def with_target(**changes: object) -> Machine:
    """The machine with another target."""
    return msgspec.structs.replace(FILM, target=msgspec.structs.replace(TARGET, **changes))


def a_candidate_for_films(history: History | None = None, machine: Machine = FILM, **recipe: object) -> Candidate:
    """Fitted films."""
    recipe = {"algorithm": "lr", **recipe}
    return train(machine, history or some_films(), Recipe(**recipe), [], lambda _: None)  # type: ignore[arg-type]  # as given


def published_films(release: Release, history: History, algorithm: str = "lr") -> Outcome:
    """A first model of films, promoted."""
    candidate = a_candidate_for_films(history, algorithm=algorithm)
    return release.offer(candidate, base_data(FILM, history), "ada", lambda _: None)
