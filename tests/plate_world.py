"""Steel plates in a real database: a trained model, the plates that it scored, alerts and replies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from core.batch import Floats
from core.history import History
from db.engine import connect
from model.release import Release
from tests.machine_world import ROLES, MachineWorld
from tests.plates import PLATES, plates_of, published_plates
from tests.releases import a_release


class PlateWorld(MachineWorld):
    """With a champion."""

    def __init__(self, engines: dict[str, Engine], release: Release, history: History, algorithm: str) -> None:
        self.outcome = published_plates(release, history, algorithm)
        super().__init__(engines, release, PLATES)
        self._random = np.random.default_rng(9)

    def plates(self, sensors: Floats, line: str = "line-1", version: int = 1) -> int:
        """These plates pass in one batch and are scored by a version; the newest alert's number."""
        return self.readings(sensors, line, version)

    def plate(self, number: int, line: str = "line-1") -> int:
        """A plate that shows this defect plainly; its alert's number."""
        return self.plates(plates_of(np.array([number]), self._random, 0.3), line)


@contextmanager
def plate_world(database_url: str, folder: Path, history: History, algorithm: str = "lr") -> Iterator[PlateWorld]:
    """A PlateWorld on a fresh, migrated database."""
    engines = {role: connect(database_url, role) for role in ROLES}
    yield PlateWorld(engines, a_release(engines["trainer"], folder), history, algorithm)
    for engine in engines.values():
        engine.dispose()
