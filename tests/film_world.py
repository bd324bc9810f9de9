"""Packaging film in a real database: a trained model, the films that it judged, alerts and replies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from core.batch import Floats
from core.history import History
from db.engine import connect
from model.release import Release
from tests.films import FILM, a_film, published_films
from tests.machine_world import ROLES, MachineWorld
from tests.releases import a_release


class FilmWorld(MachineWorld):
    """With a champion."""

    def __init__(self, engines: dict[str, Engine], release: Release, history: History) -> None:
        self.outcome = published_films(release, history)
        super().__init__(engines, release, FILM)

    def films(self, sensors: Floats, line: str = "line-1", version: int = 1) -> int:
        """These films pass in one batch and are judged by a version; the newest alert's number."""
        return self.readings(sensors, line, version)

    def course(self, gauge: float, count: int = 4, line: str = "line-1", **film: Any) -> int:
        """So many films of one gauge in a row, and then good ones until the incident is over; its alert's number."""
        random = np.random.default_rng(self._next_offset)
        bad = np.vstack([a_film(gauge, **film) for _ in range(count)]) + random.normal(0, 0.01, (count, 8)) * _NOISY
        alert = self.films(bad, line)
        self.films(np.vstack([a_film(19.0) for _ in range(FILM.incident.close_after)]), line)
        return alert


_NOISY = np.array([1, 1, 0, 1, 1, 1, 1, 1])
"""The structure is a word."""


@contextmanager
def film_world(database_url: str, folder: Path, history: History) -> Iterator[FilmWorld]:
    """A FilmWorld on a fresh, migrated database."""
    engines = {role: connect(database_url, role) for role in ROLES}
    yield FilmWorld(engines, a_release(engines["trainer"], folder), history)
    for engine in engines.values():
        engine.dispose()
