"""Replays: which dead letters are published again, and what became of that."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Engine, text

from core.batch import Position
from db.failures import failures_named


class Replay(NamedTuple):
    """A replay whose end nobody wrote down yet."""

    number: int
    topic: str
    letters: int
    age: timedelta


class Begun(NamedTuple):
    """A replay that was begun, and the dead letters that are its own."""

    number: int
    positions: Collection[Position]


class PostgresReplays:
    """A dead letter is part of one replay at most that is open or arrived. All methods raise Unavailable."""

    def __init__(self, engine: Engine, person: str) -> None:
        self._engine = engine
        self._person = person

    def open(self) -> Sequence[Replay]:
        """The replays that were begun and not settled."""
        with failures_named(), self._engine.connect() as connection:
            return [Replay(*row) for row in connection.execute(text(_OPEN))]

    def begin(self, topic_id: int, positions: Sequence[Position]) -> Begun | None:
        """A new replay of these dead letters, of those that are in no other one; None where none is left."""
        arguments = {
            "topic": topic_id,
            "person": self._person,
            "partitions": [position.partition for position in positions],
            "offsets": [position.offset for position in positions],
        }
        with failures_named(), self._engine.begin() as connection:
            number = connection.execute(text(_BEGIN), arguments).scalar_one()
            rows = connection.execute(text(_TAKE), {**arguments, "replay": number}).all()
            if not rows:
                connection.execute(text("DELETE FROM replay WHERE id = :replay"), {"replay": number})
                return None
            return Begun(number, {Position(positions[0].topic, *row) for row in rows})

    def settle(self, number: int, *, arrived: bool) -> None:
        """Its messages are in Kafka; or none of them is, and its dead letters may be replayed again."""
        arguments = {"replay": number, "outcome": "arrived" if arrived else "lost"}
        with failures_named(), self._engine.begin() as connection:
            settled = connection.execute(text(_SETTLE), arguments)
            if settled.rowcount and not arrived:
                connection.execute(text("UPDATE dead_letter SET replay = NULL WHERE replay = :replay"), arguments)


_OPEN = """
    SELECT r.id, t.name, (SELECT count(*) FROM dead_letter d WHERE d.replay = r.id), now() - r.started_at
      FROM replay r JOIN topic t ON t.id = r.topic WHERE r.outcome = 'open' ORDER BY r.id"""
_BEGIN = "INSERT INTO replay (topic, asked_by) VALUES (:topic, :person) RETURNING id"
_TAKE = """
    UPDATE dead_letter d SET replay = :replay
      FROM unnest(CAST(:partitions AS integer[]), CAST(:offsets AS bigint[])) AS w (partition, "offset")
     WHERE d.topic = :topic AND d.kafka_partition = w.partition AND d.kafka_offset = w."offset" AND d.replay IS NULL
    RETURNING d.kafka_partition, d.kafka_offset"""
_SETTLE = """
    UPDATE replay SET outcome = :outcome, finished_at = now() WHERE id = :replay AND outcome = 'open'"""
