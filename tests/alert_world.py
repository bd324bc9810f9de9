"""Alerts in a real database: operators, incidents that the real store opened, and what became of the replies."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from sqlalchemy import Engine, text

from core.alert_policy import AlertPolicy
from core.batch import Batch
from core.incident import judge
from core.machine import Machine
from core.ports.stream import LogBounds, TopicPartition
from db.engine import connect
from db.inbox import PostgresInbox
from db.operators import Operator, PostgresOperators, Subscription
from db.outbox import PostgresOutbox
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, HotIsFaulty, a_batch, a_machine
from tests.stopped_clock import stop_clock

ANNA, BEN, EVA, STRANGER = 11, 12, 13, 99
_HERE = TopicPartition("readings.press", 0)


class AlertWorld:
    """A migrated database with a consumer's store, the outbox, the inbox and operators."""

    def __init__(self, consumer: Engine, alerts: Engine, owner: Engine, policy: AlertPolicy) -> None:
        self._store = PostgresReadingStore(consumer, "test", lambda: NOON)
        self._store.register(a_machine(alerts=policy))
        self._owner = owner
        self._next_offset = 0
        self.operators = PostgresOperators(alerts)
        self.outbox = PostgresOutbox(alerts)
        self.inbox = PostgresInbox(alerts)

    def registered(self, machine: Machine) -> None:
        """As a consumer does that starts with this machine's file."""
        self._store.register(machine)

    def operator(self, name: str, telegram_id: int, chat: int | None = None, role: str = "operator") -> None:
        """Somebody who gets alerts in private, or in a chat."""
        place = Subscription("telegram", str(chat or telegram_id))
        self.operators.add(Operator(name, role, "Europe/Berlin", telegram_id, [place]))

    def alert(self, device: str = "press-1") -> int:
        """The device runs hot for two readings, while another one is fine; the alert's number."""
        hot, fine = [95.0, 3.0], [70.0, 3.0]
        self.store(
            a_batch(3, devices=[device, "press-fine", device], sensors=[hot, fine, hot], first_offset=self._next_offset)
        )
        return int(self.one("SELECT max(id) FROM alert"))

    def alerts(self, devices: Sequence[str]) -> None:
        """These devices run hot for two readings each, in one batch."""
        twice = [*devices, *devices]
        hot = [[95.0, 3.0]] * len(twice)
        self.store(a_batch(len(twice), devices=twice, sensors=hot, first_offset=self._next_offset))

    def hotter(self, count: int, device: str = "press-1") -> None:
        """The incident goes on."""
        self.store(
            a_batch(count, devices=[device] * count, sensors=[[97.0, 3.0]] * count, first_offset=self._next_offset)
        )

    def store(self, batch: Batch) -> None:
        """As the consumer does."""
        model = HotIsFaulty()
        (claim,) = self._store.acquire("press", {_HERE: LogBounds("topic-a", 0, 1_000_000)}).claims
        known = self._store.devices("press", sorted(set(batch.devices)))
        numbers = np.array([known[name].id for name in batch.devices], dtype=np.int64)
        predictions = model.predict(batch.sensors)
        states = {device.id: device.state for device in known.values()}
        with self._store.begin([claim]) as tx:
            tx.save(batch, numbers, predictions)
            tx.incidents(batch, judge(batch, numbers, predictions, states, a_machine().incident), model)
        self._next_offset += len(batch)

    def goes_on_at(self, offset: int) -> None:
        """The log was read to here before this world began."""
        self._next_offset = offset

    def rows(self, query: str, **arguments: Any) -> Sequence[Any]:
        """What the owner sees."""
        with self._owner.connect() as connection:
            return connection.execute(text(query), arguments).all()

    def one(self, query: str, **arguments: Any) -> Any:
        """The single value that the owner sees."""
        with self._owner.connect() as connection:
            return connection.execute(text(query), arguments).scalar_one()

    def execute(self, statement: str, **arguments: Any) -> int:
        """As the owner; the rows that it changed."""
        with self._owner.begin() as connection:
            return connection.execute(text(statement), arguments).rowcount

    def pass_time(self, seconds: float) -> None:
        """All that waits on the database's clock waits that much less."""
        pass_time(self._owner, seconds)

    def deliver(self, alert: int) -> str:
        """Send all that waits, up to the alert's first message; its reference."""
        while True:
            self.pass_time(5)
            message = self.outbox.claim(["telegram"], "me")
            assert message is not None, f"no message of alert {alert} waits"
            self.outbox.sent(message, f"{message.id}00")
            if (message.kind, message.alert) == ("alert", alert):
                return f"{message.id}00"


@contextmanager
def alert_world(
    database_url: str, policy: AlertPolicy | None = None, *, clock_stands: bool = False
) -> Iterator[AlertWorld]:
    """An AlertWorld on a fresh, migrated database.

    `clock_stands`: no time passes but by `pass_time`; for tests that start no process.
    """
    consumer, alerts, owner = engines = [connect(database_url, role) for role in ("consumer", "alerts", "owner")]
    if clock_stands:
        stop_clock(owner)
    yield AlertWorld(consumer, alerts, owner, policy or AlertPolicy())
    for engine in engines:
        engine.dispose()


def pass_time(owner: Engine, seconds: float) -> None:
    """All that waits on the database's clock waits that much less, and dispatchers look again."""
    with owner.begin() as connection:
        for statement in (_EARLIER_MESSAGES, _EARLIER_CHATS):
            connection.execute(text(statement), {"seconds": seconds})
        connection.execute(text("SELECT pg_notify('outbox', '')"))


_EARLIER_MESSAGES = """
    UPDATE outbox SET created_at = created_at - make_interval(secs => :seconds),
                      sent_at = sent_at - make_interval(secs => :seconds),
                      taken_as_told = taken_as_told - make_interval(secs => :seconds),
                      not_before = not_before - make_interval(secs => :seconds),
                      lease_until = lease_until - make_interval(secs => :seconds)"""
_EARLIER_CHATS = """
    UPDATE chat SET next_at = next_at - make_interval(secs => :seconds),
                    paused_until = paused_until - make_interval(secs => :seconds)"""
