"""Old days of readings are dropped, without making anybody wait who stores new ones.

A day is detached concurrently (nobody is locked out; it waits for those who read it, they never wait for it), the rows
beside its readings are deleted a few at a time, and then its table is dropped. Each step can be the last one: the next
run finds what is left and goes on there. Labelled readings are copies and stay.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from msgspec import Struct
from psycopg2.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from core.errors import Unavailable, UserError
from db.failures import failures_named

_CHUNK = 10_000
_MARK = "Faultline drops this day"


class StoredDay(Struct, frozen=True):
    """The readings that were stored on one day, UTC."""

    day: date
    table: str
    attached: bool
    """Part of table reading still."""
    begun: bool
    """A run began to drop it, and did not finish."""
    pending: bool
    """Its detachment was not finished."""
    bytes: int


class PostgresRetention:
    """Drops days. Needs the login that owns the tables."""

    def __init__(self, owner: Engine) -> None:
        self._owner = owner
        self._autocommit = owner.execution_options(isolation_level="AUTOCOMMIT")

    def days_before(self, first_kept: date) -> Sequence[StoredDay]:
        """The days older than this one, and those that a run began to drop, oldest first. Raises Unavailable."""
        with failures_named(), self._owner.connect() as connection:
            rows = connection.execute(text(_DAYS), {"mark": _MARK}).all()
        days = [StoredDay(date.fromisoformat(row.name.removeprefix("reading_")), *row) for row in rows]
        return [stored for stored in days if stored.day < first_kept or stored.begun]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold off other runs. Raises UserError where one is under way, Unavailable."""
        with self._session() as connection:
            if not connection.execute(text(_ALONE)).scalar_one():
                raise UserError("another retention run is under way: wait for its end")
            yield

    def drop(self, stored: StoredDay) -> int:
        """Drop the day; how many readings it had. Raises UserError where the login does not own it, Unavailable.

        Unavailable also where somebody goes on reading the day: the next run finishes what this one began.
        """
        with self._session() as connection:
            _detach(connection, stored)
            for table in ("reading_extra", "reading_class", "reading_value", "shadow_score"):
                _delete_beside(connection, stored.table, table)
        with failures_named(), self._owner.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            readings: int = connection.execute(
                text(_ACCOUNT.format(day=stored.table)), {"day": stored.day}
            ).scalar_one()
            connection.execute(text(f"DROP TABLE {stored.table}"))
        return readings

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        """A session of its own that commits each statement, however long that takes; its end frees what it locked."""
        try:
            with failures_named(), self._autocommit.connect() as connection:
                connection.detach()
                connection.execute(text("SET statement_timeout = 0"))
                yield connection
        except ProgrammingError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise UserError(f"the login may not drop readings ({reason}): give DATABASE_URL its owner's") from error


def _detach(connection: Connection, stored: StoredDay) -> None:
    """Take the day out of table reading; the mark tells it from a table that somebody detached to keep."""
    connection.execute(text(f"COMMENT ON TABLE {stored.table} IS '{_MARK}'"))
    if not stored.attached:
        return
    how = "FINALIZE" if stored.pending else "CONCURRENTLY"
    try:
        connection.execute(text(f"ALTER TABLE reading DETACH PARTITION {stored.table} {how}"))
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise Unavailable(f"somebody still reads the readings of {stored.day}: the next run goes on") from error
        raise


def _delete_beside(connection: Connection, day_table: str, table: str) -> None:
    """Delete what stands in `table` beside the day's readings, in statements that end soon."""
    for topic, partition, start, end in connection.execute(text(_RANGES.format(day=day_table))).all():
        here = {"topic": topic, "partition": partition, "start": start, "end": end, "chunk": _CHUNK}
        while here["start"] is not None:
            statement = _DELETE_CHUNK.format(day=day_table, table=table)
            here["start"] = connection.execute(text(statement), here).scalar_one()


_ALONE = "SELECT pg_try_advisory_lock(hashtext('faultline.retention'))"
# Attached to `reading`, or left over by a run that ended between detaching and dropping.
_DAYS = """
    SELECT c.relname AS name, i.inhrelid IS NOT NULL AS attached,
           obj_description(c.oid, 'pg_class') IS NOT DISTINCT FROM :mark AS begun,
           coalesce(i.inhdetachpending, false) AS pending, pg_total_relation_size(c.oid) AS bytes
      FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = to_regclass('reading')
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^reading_[0-9]{8}$'
       AND (i.inhrelid IS NOT NULL OR obj_description(c.oid, 'pg_class') = :mark)
     ORDER BY c.relname"""
_RANGES = """
    SELECT topic, kafka_partition, min(kafka_offset), max(kafka_offset) FROM {day} GROUP BY 1, 2 ORDER BY 1, 2"""
# Where to go on: NULL behind the last one. Days overlap where consumers' clocks differ: only what this one holds goes.
_DELETE_CHUNK = """
    WITH chunk AS (
        SELECT DISTINCT kafka_offset FROM {table}
         WHERE topic = :topic AND kafka_partition = :partition AND kafka_offset BETWEEN :start AND :end
         ORDER BY kafka_offset LIMIT :chunk
    ), gone AS (
        DELETE FROM {table} t USING chunk
         WHERE t.topic = :topic AND t.kafka_partition = :partition AND t.kafka_offset = chunk.kafka_offset
           AND EXISTS (SELECT FROM {day} r WHERE r.topic = t.topic AND r.kafka_partition = t.kafka_partition
                          AND r.kafka_offset = t.kafka_offset)
    )
    SELECT max(kafka_offset) + 1 FROM chunk"""
_ACCOUNT = """
    WITH dropped AS (
        INSERT INTO dropped_reading (topic, kafka_partition, day, readings)
        SELECT topic, kafka_partition, :day, count(*) FROM {day} GROUP BY 1, 2 RETURNING readings
    )
    SELECT coalesce(sum(readings), 0)::bigint FROM dropped"""
