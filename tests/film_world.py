"""Packaging film in a real database: a trained model, the films that it judged, alerts and replies."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, text

from core.batch import Floats
from core.history import History
from core.incident import judge
from core.ports.stream import LogBounds, TopicPartition
from core.prediction import ModelVersion
from core.quality_check import QualityCheck
from db.engine import connect
from db.inbox import PostgresInbox
from db.operators import Operator, PostgresOperators, Subscription
from db.reading_store import PostgresReadingStore
from model.release import Release
from tests.builders import NOON, a_batch
from tests.films import FILM, a_film, published_films
from tests.releases import a_release

_HERE = TopicPartition(FILM.topics[0], 0)


class FilmWorld:
    """A migrated database with a consumer's store, a trainer, the inbox and a champion."""

    def __init__(self, engines: dict[str, Engine], release: Release, history: History) -> None:
        self.release = release
        self.outcome = published_films(release, history)
        self._owner = engines["owner"]
        self._store = PostgresReadingStore(engines["consumer"], "test", lambda: NOON)
        self._store.register(FILM)
        self._next_offset = 0
        self.operators = PostgresOperators(engines["alerts"])
        self.inbox = PostgresInbox(engines["alerts"])

    def operator(self, name: str, telegram_id: int, role: str = "operator") -> int:
        """Somebody who gets alerts in private; their id."""
        place = Subscription("telegram", str(telegram_id))
        self.operators.add(Operator(name, role, "Europe/Berlin", telegram_id, [place]))
        return int(self.one("SELECT id FROM operator WHERE name = :name", name=name))

    def films(self, sensors: Floats, line: str = "line-1", version: int = 1) -> int:
        """These films pass in one batch and are judged by a version; the newest alert's number."""
        model = self.release.models.load(FILM, ModelVersion(FILM.name, version))
        batch = a_batch(
            len(sensors),
            machine=FILM,
            devices=[line] * len(sensors),
            sensors=sensors.tolist(),
            first_offset=self._next_offset,
        )
        batch = replace(batch, quality=QualityCheck(FILM).flags(sensors))
        (claim,) = self._store.acquire(FILM.name, {_HERE: LogBounds("topic-a", 0, 1_000_000)}).claims
        known = self._store.devices(FILM.name, [line])
        numbers = np.full(len(batch), known[line].id)
        predictions = model.predict(batch.sensors).only(batch.quality == 0)
        states = {device.id: device.state for device in known.values()}
        with self._store.begin([claim]) as tx:
            tx.save(batch, numbers, predictions)
            tx.incidents(batch, judge(batch, numbers, predictions, states, FILM.incident), model)
        self._next_offset += len(batch)
        return int(self.one("SELECT coalesce(max(id), 0) FROM alert"))

    def course(self, gauge: float, count: int = 4, line: str = "line-1", **film: Any) -> int:
        """So many films of one gauge in a row, and then good ones until the incident is over; its alert's number."""
        random = np.random.default_rng(self._next_offset)
        bad = np.vstack([a_film(gauge, **film) for _ in range(count)]) + random.normal(0, 0.01, (count, 8)) * _NOISY
        alert = self.films(bad, line)
        self.films(np.vstack([a_film(19.0) for _ in range(FILM.incident.close_after)]), line)
        return alert

    def rows(self, query: str, **arguments: Any) -> Sequence[Any]:
        """What the owner sees."""
        with self._owner.connect() as connection:
            return connection.execute(text(query), arguments).all()

    def one(self, query: str, **arguments: Any) -> Any:
        """The single value that the owner sees."""
        with self._owner.connect() as connection:
            return connection.execute(text(query), arguments).scalar_one()


_NOISY = np.array([1, 1, 0, 1, 1, 1, 1, 1])
"""The structure is a word."""


@contextmanager
def film_world(database_url: str, folder: Path, history: History) -> Iterator[FilmWorld]:
    """A FilmWorld on a fresh, migrated database."""
    engines = {role: connect(database_url, role) for role in ("consumer", "alerts", "trainer", "owner")}
    yield FilmWorld(engines, a_release(engines["trainer"], folder), history)
    for engine in engines.values():
        engine.dispose()
