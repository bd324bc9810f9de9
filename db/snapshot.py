"""The whole database at one moment, table by table, in Postgres' own text: any later version of it reads that."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from graphlib import TopologicalSorter
from typing import Protocol

from msgspec import Struct
from psycopg2 import sql
from psycopg2.extensions import connection as psycopg2_connection
from sqlalchemy import Connection, Engine, text

from core.errors import UserError
from db.failures import failures_named
from db.migrate import current_revision


class Writes(Protocol):
    """Takes bytes."""

    def write(self, data: bytes, /) -> int:
        """All of them."""


class Table(Struct, frozen=True):
    """One table's rows, which were written somewhere."""

    name: str
    columns: Sequence[str]
    rows: int


class Snapshot(Struct, frozen=True):
    """What was written, and what is not in the rows."""

    revision: str
    tables: Sequence[Table]
    """Each behind those that it refers to."""
    sequences: Mapping[str, int]
    """Name → the last number given out; 0: none was."""
    days: Sequence[date]
    """Of the partitions of table reading."""


def write_snapshot(owner: Engine, opened: Callable[[str], AbstractContextManager[Writes]]) -> Snapshot:
    """Write each table's rows into what `opened` gives for its name, all as of one moment; nobody waits for it.

    Raises UserError where there is nothing, or where the login may not read everything, Unavailable.
    """
    reading = owner.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with failures_named(), reading.connect() as connection, connection.begin():
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        _keep_retention_off(connection)
        revision = current_revision(connection)
        if revision is None:
            raise UserError("the database has no tables: there is nothing to back up")
        tables = [_write(connection, name, columns, opened) for name, columns in _in_order(connection)]
        sequences = connection.execute(text(_SEQUENCES)).all()
        days = connection.execute(text(_DAYS)).scalars().all()
        return Snapshot(revision, tables, {row.name: row.last for row in sequences}, days)


def raw(connection: Connection) -> psycopg2_connection:
    """The driver's own connection, for COPY."""
    found = connection.connection.driver_connection
    assert isinstance(found, psycopg2_connection), "the engine's driver is psycopg2"
    return found


def _keep_retention_off(connection: Connection) -> None:
    """Half a day's accounts would be in the copy."""
    if not connection.execute(text("SELECT pg_try_advisory_xact_lock(hashtext('faultline.retention'))")).scalar_one():
        raise UserError("./run retention is under way: wait for its end, then back up")
    if left := connection.execute(text(_LEFT_OVER)).scalars().all():
        raise UserError(f"./run retention did not finish dropping {', '.join(left)}: run it again, then back up")


def _in_order(connection: Connection) -> Sequence[tuple[str, Sequence[str]]]:
    """Every table with its columns, behind those that it refers to."""
    columns = {row.name: row.columns for row in connection.execute(text(_TABLES)).all()}
    needs: dict[str, set[str]] = {name: set() for name in columns}
    for row in connection.execute(text(_REFERENCES)).all():
        needs[row.name].add(row.refers_to)
    return [(name, columns[name]) for name in TopologicalSorter(needs).static_order()]


def _write(
    connection: Connection,
    name: str,
    columns: Sequence[str],
    opened: Callable[[str], AbstractContextManager[Writes]],
) -> Table:
    query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(name)
    )
    with raw(connection).cursor() as cursor, opened(name) as file:
        cursor.copy_expert(query, file)
        return Table(name, columns, cursor.rowcount)


# Partitions come with the table that they are of; the revision is told apart.
_TABLES = """
    SELECT c.relname AS name, array_agg(CAST(a.attname AS text) ORDER BY a.attnum) AS columns
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND c.relname <> 'alembic_version'
     GROUP BY c.oid"""
_REFERENCES = """
    SELECT DISTINCT c.relname AS name, r.relname AS refers_to
      FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class r ON r.oid = f.confrelid
     WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace AND f.conrelid <> f.confrelid"""
_SEQUENCES = """
    SELECT CAST(sequencename AS text) AS name, coalesce(last_value, 0) AS last
      FROM pg_sequences WHERE schemaname = 'public'"""
_DAYS = """
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'reading'::regclass ORDER BY 1"""
_LEFT_OVER = """
    SELECT CAST(c.relname AS text) FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^reading_[0-9]{8}$'
       AND (i.inhparent IS NULL OR i.inhdetachpending)"""
