"""A machine in a real database: a trained model, the readings that it scored, alerts and replies."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import Engine, text

from core.batch import Floats, Quality
from core.incident import judge
from core.machine import Machine
from core.ports.stream import LogBounds, TopicPartition
from core.prediction import ModelVersion
from core.quality_check import QualityCheck
from core.reply import Reply, ReplyOutcome
from db.inbox import PostgresInbox
from db.operators import Operator, PostgresOperators, Subscription
from db.reading_store import PostgresReadingStore
from model.release import Release
from tests.builders import NOON, a_batch

ROLES = ("consumer", "alerts", "trainer", "owner")


class MachineWorld:
    """A migrated database with a consumer's store, a trainer and the inbox."""

    def __init__(self, engines: dict[str, Engine], release: Release, machine: Machine) -> None:
        """`engines`: of each of ROLES."""
        self.release = release
        self.machine = machine
        self._owner = engines["owner"]
        self._store = PostgresReadingStore(engines["consumer"], "test", lambda: NOON)
        self._store.register(machine)
        self._next_offset = 0
        self.operators = PostgresOperators(engines["alerts"])
        self.inbox = PostgresInbox(engines["alerts"])

    def operator(self, name: str, telegram_id: int, role: str = "operator") -> int:
        """Somebody who gets alerts in private; their id."""
        place = Subscription("telegram", str(telegram_id))
        self.operators.add(Operator(name, role, "Europe/Berlin", telegram_id, [place]))
        return int(self.one("SELECT id FROM operator WHERE name = :name", name=name))

    def readings(self, sensors: Floats, device: str, version: int = 1) -> int:
        """These readings come in one batch and are scored by a version; the newest alert's number."""
        model = self.release.models.load(self.machine, ModelVersion(self.machine.name, version))
        batch = a_batch(
            len(sensors),
            machine=self.machine,
            devices=[device] * len(sensors),
            sensors=sensors.tolist(),
            first_offset=self._next_offset,
        )
        batch = replace(batch, quality=QualityCheck(self.machine).flags(sensors))
        here = TopicPartition(self.machine.topics[0], 0)
        (claim,) = self._store.acquire(self.machine.name, {here: LogBounds("topic-a", 0, 1_000_000)}).claims
        known = self._store.devices(self.machine.name, [device])
        numbers = np.full(len(batch), known[device].id)
        predictions = model.predict(batch.sensors).only(batch.quality == Quality.GOOD)
        states = {device.id: device.state for device in known.values()}
        with self._store.begin([claim]) as tx:
            tx.save(batch, numbers, predictions)
            tx.incidents(batch, judge(batch, numbers, predictions, states, self.machine.incident), model)
        self._next_offset += len(batch)
        return int(self.one("SELECT coalesce(max(id), 0) FROM alert"))

    def says(self, who: int, text: str, alert: int) -> ReplyOutcome:
        """Whoever has this Telegram id presses a button, or writes to the alert's message."""
        update = 1 + int(self.one("SELECT count(*) FROM inbox"))
        return self.inbox.accept("telegram/1", Reply("telegram", update, "{}", str(who), str(who), text, alert=alert))

    def rows(self, query: str, **arguments: Any) -> Sequence[Any]:
        """What the owner sees."""
        with self._owner.connect() as connection:
            return connection.execute(text(query), arguments).all()

    def one(self, query: str, **arguments: Any) -> Any:
        """The single value that the owner sees."""
        with self._owner.connect() as connection:
            return connection.execute(text(query), arguments).scalar_one()
