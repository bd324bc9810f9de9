"""Where results and offsets live, together: core.ports.ReadingStore on Postgres."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.errors import Fenced, Halted, Unavailable
from core.machine import Machine
from core.ports import Claim, KnownDevice, LogBounds, TopicPartition
from db.catalogue import Catalogued, catalogue
from db.device_state import state_from_row
from db.failures import failures_named
from db.reading_transaction import PostgresReadingTransaction

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

    def acquire(self, machine: str, bounds: Mapping[TopicPartition, LogBounds]) -> Sequence[Claim]:
        """Take the partitions over: raises their owner epochs. Halted where going on would lose or double readings."""
        with failures_named(), self._engine.begin() as connection:
            topics = self._machines[machine].topics
            return [
                self._acquire_one(connection, topics[partition.topic], partition, bounds[partition])
                for partition in sorted(bounds)
            ]

    def devices(self, machine: str, names: Sequence[str]) -> Mapping[str, KnownDevice]:
        """The devices of these names, registered where they are new, with what is remembered of them."""
        arguments = {"machine": self._machines[machine].id, "names": list(names)}
        with failures_named(), self._engine.begin() as connection:
            rows = connection.execute(text(_DEVICES), arguments).all()
            if new := set(names) - {row.name for row in rows}:
                connection.execute(text(_NEW_DEVICES), {**arguments, "names": sorted(new)})
                rows = connection.execute(text(_DEVICES), arguments).all()
        return {row.name: KnownDevice(row.id, state_from_row(row)) for row in rows}

    def recent_ids(self, partition: TopicPartition, count: int) -> Sequence[bytes]:
        """The ids (16 bytes) of the newest stored readings, newest first."""
        topic = next(
            known.topics[partition.topic] for known in self._machines.values() if partition.topic in known.topics
        )
        with failures_named(), self._engine.begin() as connection:
            rows = connection.execute(
                text(_RECENT_IDS), {"topic": topic, "partition": partition.partition, "count": count}
            ).scalars()
            return [bytes(raw) for raw in rows]

    @contextmanager
    def begin(self, claims: Sequence[Claim]) -> Iterator[PostgresReadingTransaction]:
        """A transaction under these claims. Raises Fenced or Unavailable; when it returns, all of it is committed."""
        with failures_named():
            connection = self._engine.connect()
        transaction = PostgresReadingTransaction(connection, self._machines, claims, self._now().date())
        try:
            with failures_named():
                yield transaction
            self._commit(connection, transaction)
        except IntegrityError as error:
            # A device in several partitions, say: another consumer knows better, and we shall know what it knows.
            raise Fenced(f"another consumer stored what contradicts ours ({error.orig})") from error
        finally:
            connection.close()  # rolls back what was not committed

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

    def _acquire_one(self, connection: Connection, topic: int, partition: TopicPartition, bounds: LogBounds) -> Claim:
        key = {"topic": topic, "partition": partition.partition}
        connection.execute(text(_FIRST_SIGHT), {**key, "topic_id": bounds.topic_id, "low": bounds.low})
        row = connection.execute(text(_RAISE_EPOCH), {**key, "owner": self._owner}).one()
        name = f"{partition.topic}/{partition.partition}"
        if row.kafka_topic_id != bounds.topic_id:
            raise Halted(
                f"{name}: topic id changed: the topic was deleted and made anew; its offsets mean other readings"
            )
        if row.next_offset > bounds.high:
            raise Halted(f"{name}: our next offset {row.next_offset} lies past the end of the log ({bounds.high})")
        if row.next_offset >= bounds.low:
            return Claim(partition, row.next_offset, row.owner_epoch)
        lost = bounds.low - row.next_offset
        connection.execute(text(_RETENTION_GAP), {**key, "first": row.next_offset, "count": lost, "low": bounds.low})
        _log.error("%s: retention removed %d readings before they were stored (gap recorded)", name, lost)
        return Claim(partition, bounds.low, row.owner_epoch)


_FIRST_SIGHT = """
    INSERT INTO ingest_partition (topic, kafka_partition, kafka_topic_id, first_offset, next_offset)
    VALUES (:topic, :partition, :topic_id, :low, :low) ON CONFLICT DO NOTHING"""
_RAISE_EPOCH = """
    UPDATE ingest_partition SET owner_epoch = owner_epoch + 1, owner = :owner, updated_at = now()
     WHERE topic = :topic AND kafka_partition = :partition
    RETURNING kafka_topic_id, next_offset, owner_epoch"""
_RETENTION_GAP = """
    WITH gap AS (INSERT INTO offset_gap (topic, kafka_partition, first_offset, count)
                 VALUES (:topic, :partition, :first, :count))
    UPDATE ingest_partition SET next_offset = :low, gaps = gaps + :count
     WHERE topic = :topic AND kafka_partition = :partition"""
_WHERE_ARE_WE = """
    SELECT i.next_offset, i.owner_epoch FROM ingest_partition i JOIN topic t ON t.id = i.topic
     WHERE t.name = :topic AND i.kafka_partition = :partition"""
_DEVICES = """
    SELECT d.id, d.name, s.* FROM device d LEFT JOIN device_state s ON s.device = d.id
     WHERE d.machine = :machine AND d.name = ANY(:names)"""
_NEW_DEVICES = """
    INSERT INTO device (machine, name) SELECT :machine, unnest(CAST(:names AS text[])) ON CONFLICT DO NOTHING"""
_RECENT_IDS = """
    SELECT uuid_send(id) FROM reading WHERE topic = :topic AND kafka_partition = :partition
     ORDER BY kafka_offset DESC LIMIT :count"""
