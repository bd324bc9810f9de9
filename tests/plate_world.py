"""Steel plates in a real database: a trained model, the plates that it scored, alerts and replies."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, text

from core.batch import Floats
from core.history import History
from core.incident import judge
from core.ports.stream import LogBounds, TopicPartition
from core.prediction import ModelVersion
from db.engine import connect
from db.inbox import PostgresInbox
from db.operators import Operator, PostgresOperators, Subscription
from db.reading_store import PostgresReadingStore
from model.release import Release
from tests.builders import NOON, a_batch
from tests.plates import PLATES, plates_of, published_plates
from tests.releases import a_release

_HERE = TopicPartition(PLATES.topics[0], 0)


class PlateWorld:
    """A migrated database with a consumer's store, a trainer, the inbox and a champion."""

    def __init__(self, engines: dict[str, Engine], release: Release, history: History, algorithm: str) -> None:
        self.release = release
        self.outcome = published_plates(release, history, algorithm)
        self._owner = engines["owner"]
        self._store = PostgresReadingStore(engines["consumer"], "test", lambda: NOON)
        self._store.register(PLATES)
        self._next_offset = 0
        self._random = np.random.default_rng(9)
        self.operators = PostgresOperators(engines["alerts"])
        self.inbox = PostgresInbox(engines["alerts"])

    def operator(self, name: str, telegram_id: int, role: str = "operator") -> None:
        """Somebody who gets alerts in private."""
        place = Subscription("telegram", str(telegram_id))
        self.operators.add(Operator(name, role, "Europe/Berlin", telegram_id, [place]))

    def plates(self, sensors: Floats, line: str = "line-1", version: int = 1) -> int:
        """These plates pass in one batch and are scored by a version; the newest alert's number."""
        model = self.release.models.load(PLATES, ModelVersion(PLATES.name, version))
        batch = a_batch(
            len(sensors),
            machine=PLATES,
            devices=[line] * len(sensors),
            sensors=sensors.tolist(),
            first_offset=self._next_offset,
        )
        (claim,) = self._store.acquire(PLATES.name, {_HERE: LogBounds("topic-a", 0, 1_000_000)}).claims
        known = self._store.devices(PLATES.name, [line])
        numbers = np.full(len(batch), known[line].id)
        predictions = model.predict(batch.sensors)
        states = {device.id: device.state for device in known.values()}
        with self._store.begin([claim]) as tx:
            tx.save(batch, numbers, predictions)
            tx.incidents(batch, judge(batch, numbers, predictions, states, PLATES.incident), model)
        self._next_offset += len(batch)
        return int(self.one("SELECT coalesce(max(id), 0) FROM alert"))

    def plate(self, number: int, line: str = "line-1") -> int:
        """A plate that shows this defect plainly; its alert's number."""
        return self.plates(plates_of(np.array([number]), self._random, 0.3), line)

    def rows(self, query: str, **arguments: Any) -> Sequence[Any]:
        """What the owner sees."""
        with self._owner.connect() as connection:
            return connection.execute(text(query), arguments).all()

    def one(self, query: str, **arguments: Any) -> Any:
        """The single value that the owner sees."""
        with self._owner.connect() as connection:
            return connection.execute(text(query), arguments).scalar_one()


@contextmanager
def plate_world(database_url: str, folder: Path, history: History, algorithm: str = "lr") -> Iterator[PlateWorld]:
    """A PlateWorld on a fresh, migrated database."""
    engines = {role: connect(database_url, role) for role in ("consumer", "alerts", "trainer", "owner")}
    yield PlateWorld(engines, a_release(engines["trainer"], folder), history, algorithm)
    for engine in engines.values():
        engine.dispose()
