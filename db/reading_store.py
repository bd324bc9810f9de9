"""Where results and offsets live, together: core.ports.stream.ReadingStore on Postgres."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import psycopg2
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.batch import Batch, Integers
from core.errors import Fenced, Unavailable
from core.halt import Halt
from core.machine import Machine
from core.ports.stream import Acquired, Claim, KnownDevice, LogBounds, Packed, Recent, TopicPartition
from core.prediction import Predictions
from core.sensor_fault import ALL_WELL
from db.catalogue import TASKS, Catalogued, catalogue, register_devices
from db.copy import readings_as_copy
from db.device_state import sensor_states, state_from_row
from db.failures import failures_named
from db.frozen import end_frozen_writers
from db.reading_transaction import PostgresReadingTransaction
from db.recent import recent_readings
from db.shadow_copy import shadow_as_copy
from db.takeover import take_over

_log = logging.getLogger(__name__)


class PostgresReadingStore:
    """Readings, offsets, incidents and alerts in Postgres. One writer thread at a time."""

    def __init__(self, engine: Engine, owner: str, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._owner = owner
        self._now = now
        self._machines: dict[str, Catalogued] = {}

    def register(self, machine: Machine) -> None:
        """Number the machine and its topics. Raises Halted where its sensors no longer fit the stored readings."""
        with failures_named(), self._engine.begin() as connection:
            self._machines[machine.name] = catalogue(connection, machine)

    def acquire(self, machine: str, bounds: Mapping[TopicPartition, LogBounds]) -> Acquired:
        """Take the partitions over: raises their owner epochs; halts where going on would lose or double readings.

        A partition stays halted, whatever Kafka says later, until a person decided.
        """
        try:
            with failures_named(), self._engine.begin() as connection:
                known = catalogue(connection, self._machines[machine].machine)  # a topic made anew has a new number
                taken = {
                    partition: take_over(connection, known, partition, bounds[partition], self._owner)
                    for partition in sorted(bounds)
                }
        except Unavailable:
            end_frozen_writers(self._engine)  # the next try finds their rows free
            raise
        self._machines[machine] = known
        return Acquired(
            [claim for claim in taken.values() if isinstance(claim, Claim)],
            {partition: halt for partition, halt in taken.items() if isinstance(halt, Halt)},
        )

    def devices(self, machine: str, names: Sequence[str]) -> Mapping[str, KnownDevice]:
        """The devices of these names, registered where they are new, with what is remembered of them."""
        arguments = {"machine": self._machines[machine].id, "names": list(names)}
        with failures_named(), self._engine.begin() as connection:
            rows = connection.execute(text(_DEVICES), arguments).all()
            if new := set(names) - {row.name for row in rows}:
                register_devices(connection, self._machines[machine].id, new)
                rows = connection.execute(text(_DEVICES), arguments).all()
            sensors = sensor_states(connection, [row.id for row in rows])
        return {row.name: KnownDevice(row.id, state_from_row(row), sensors.get(row.id, ALL_WELL)) for row in rows}

    def recent(self, partition: TopicPartition, count: int) -> Recent:
        """The newest stored readings of a partition that is ours. Raises Unavailable."""
        with failures_named(), self._engine.begin() as connection:
            return recent_readings(connection, self._of(partition.topic), partition, count)

    def pack(self, batch: Batch, devices: Integers, predictions: Predictions) -> Packed:
        """The batch's readings as a COPY stream, under today."""
        known, day = self._of(batch.topic), self._now().date()
        topic, task = known.topics[batch.topic], TASKS[known.machine.task]
        shadow = shadow_as_copy(batch, topic, predictions.shadow) if predictions.shadow else b""
        return Packed(day, readings_as_copy(batch, topic, devices, predictions, task, day), shadow)

    @contextmanager
    def begin(self, claims: Sequence[Claim]) -> Iterator[PostgresReadingTransaction]:
        """A transaction under these claims. Raises Fenced or Unavailable; when it returns, all of it is committed."""
        with failures_named():
            connection = self._engine.connect()
            connection.begin()  # by hand: it does not see what goes past it to the driver
        transaction = PostgresReadingTransaction(connection, self._of, claims, self.pack)
        try:
            with failures_named():
                yield transaction
            self._commit(connection, transaction)
        except (IntegrityError, psycopg2.IntegrityError) as error:  # the driver's own from bulk statements
            # A device in several partitions, say: another consumer knows better, and we shall know what it knows.
            raise Fenced(f"another consumer stored what contradicts ours ({error})") from error
        finally:
            connection.close()  # rolls back what was not committed

    def _of(self, topic: str) -> Catalogued:
        return next(known for known in self._machines.values() if topic in known.topics)

    def _commit(self, connection: Connection, transaction: PostgresReadingTransaction) -> None:
        try:
            connection.commit()
        except DBAPIError as error:
            if not self._was_committed(transaction.moved):
                raise Unavailable(f"Postgres did not commit: {error.orig}") from error
            _log.warning("the answer to COMMIT was lost; the database says that it was committed")

    def _was_committed(self, moved: Mapping[Claim, int]) -> bool:
        """What became of a transaction whose COMMIT was not answered. Raises Fenced where another owner came since."""
        if not moved:
            return False
        claim, new = next(iter(moved.items()))
        self._engine.dispose()
        with failures_named(), self._engine.begin() as connection:
            row = connection.execute(
                text(_WHERE_ARE_WE), {"topic": claim.partition.topic, "partition": claim.partition.partition}
            ).one()
        if row.owner_epoch != claim.epoch:
            raise Fenced(f"{claim.partition.topic}/{claim.partition.partition} was taken over while we committed")
        return bool(row.next_offset == new)


_WHERE_ARE_WE = """
    SELECT i.next_offset, i.owner_epoch FROM ingest_partition i JOIN topic t ON t.id = i.topic
     WHERE t.name = :topic AND t.retired_at IS NULL AND i.kafka_partition = :partition"""
_DEVICES = """
    SELECT d.id, d.name, s.* FROM device d LEFT JOIN device_state s ON s.device = d.id
     WHERE d.machine = :machine AND d.name = ANY(:names)"""
