"""Small makers of things that tests of models speak about."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from core.history import History
from core.label import Verdict
from core.machine import Machine
from core.training import LabelledIncident
from core.training_options import Algorithm
from model.base_data import base_data
from model.fit import Candidate, train
from model.recipe import Recipe
from model.release import Outcome, Release
from tests.builders import a_machine


def a_history(count: int = 600, seed: int = 1, machine: Machine | None = None) -> History:
    """Readings of which one in ten is a fault: hotter than 90 °C. Pressure is absent on every fifth row."""
    machine = machine or a_machine()
    random = np.random.default_rng(seed)
    fault = random.random(count) < 0.1
    sensors = np.column_stack(
        [np.where(fault, random.normal(100, 4, count), random.normal(65, 5, count)), random.normal(4, 0.5, count)]
    )
    sensors[::5, 1] = np.nan
    return History(sensors, fault, ["press-1"] * count, np.arange(count, dtype=np.int64) * 1_000_000)


def a_candidate(algorithm: Algorithm = "lr", history: History | None = None, **recipe: Any) -> Candidate:
    """A fitted press."""
    return train(a_machine(), history or a_history(), Recipe(algorithm, **recipe), [], lambda _: None)


def an_incident(verdict: Verdict, celsius: Sequence[float], label: int = 1, alert: int | None = 1) -> LabelledIncident:
    """An answered incident whose readings had these temperatures."""
    return LabelledIncident(label, alert, verdict, np.array([[value, 4.0] for value in celsius]))


def published(release: Release, candidate: Candidate | None = None, history: History | None = None) -> Outcome:
    """A candidate, offered to the gate by Ada."""
    history = history or a_history()
    candidate = candidate or a_candidate(history=history)
    return release.offer(candidate, base_data(candidate.machine, history), "ada", lambda _: None)


def at_noon() -> datetime:
    """The one time that these tests know."""
    return datetime(2026, 3, 1, 12, tzinfo=UTC)
