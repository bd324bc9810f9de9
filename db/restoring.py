"""A snapshot becomes the database again, in one transaction: what fails leaves everything as it was."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from psycopg2 import sql
from sqlalchemy import Connection, Engine, delete, text
from sqlalchemy import table as named
from sqlalchemy.exc import ProgrammingError

from core.errors import UserError
from db.failures import failures_named
from db.migrate import alone, knows, upgrade
from db.snapshot import Snapshot, Table, raw


class Reads(Protocol):
    """A file of bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many."""

    def readline(self, size: int = -1, /) -> bytes:
        """A line: the driver asks for it."""


def require_restorable(owner: Engine, snapshot: Snapshot, replace: bool) -> None:
    """UserError where somebody uses the database, or it holds something and is not to be replaced; Unavailable."""
    if not knows(snapshot.revision):
        raise UserError(f"the backup has tables of a newer release ({snapshot.revision}): restore with that one")
    with failures_named(), owner.connect() as connection:
        _require_nobody(connection)
        if not replace and _holds_something(connection):
            raise UserError("the database is not empty: --replace restores over it, and what it holds is lost")


def restore_snapshot(
    owner: Engine,
    snapshot: Snapshot,
    opened: Callable[[str], AbstractContextManager[Reads]],
    conclude: Callable[[Connection], object],
) -> None:
    """Put the snapshot in place of all that the database holds, brought to this release; `conclude` has the last word.

    Raises UserError where somebody uses the database or the login may not do this, Unavailable.
    """
    try:
        with failures_named(), owner.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            alone(connection)
            _require_nobody(connection)
            _drop_everything(connection)
            upgrade(connection, snapshot.revision)
            for day in snapshot.days:
                connection.execute(text("SELECT ensure_reading_day(:day)"), {"day": day})
            _fill(connection, snapshot.tables, opened)
            for name, last in snapshot.sequences.items():
                connection.execute(text(_SET), {"name": name, "last": max(last, 1), "called": last > 0})
            upgrade(connection)
            conclude(connection)
            connection.execute(text("ANALYZE"))
    except ProgrammingError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise UserError(f"the login may not restore ({reason}): give DATABASE_URL its owner's") from error


def _fill(
    connection: Connection, tables: Sequence[Table], opened: Callable[[str], AbstractContextManager[Reads]]
) -> None:
    for table in reversed(tables):  # what the migrations put there
        connection.execute(delete(named(table.name)))
    with raw(connection).cursor() as cursor:
        for table in tables:
            copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
            )
            with opened(table.name) as file:
                cursor.copy_expert(copy, file)
            if cursor.rowcount != table.rows:
                raise UserError(f"the backup's {table.name} has {cursor.rowcount} rows, {table.rows} were written")


def _require_nobody(connection: Connection) -> None:
    if others := connection.execute(text(_OTHERS)).scalars().all():
        raise UserError(f"still connected: {', '.join(others)}; stop every process of ours first")


def _holds_something(connection: Connection) -> bool:
    if connection.execute(text("SELECT to_regclass('public.operator')")).scalar_one() is None:
        return False
    found: bool = connection.execute(text(_ANYTHING)).scalar_one()
    return found


def _drop_everything(connection: Connection) -> None:
    """Tables and views with what hangs on them, then functions; what an extension put here stays."""
    for statement in connection.execute(text(_DROPS)).scalars().all():
        connection.execute(text(statement))


_OTHERS = """
    SELECT DISTINCT application_name FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'faultline %'
     ORDER BY 1"""
_ANYTHING = """
    SELECT EXISTS (SELECT FROM operator) OR EXISTS (SELECT FROM machine) OR EXISTS (SELECT FROM dead_letter)"""
_SET = "SELECT setval(CAST(:name AS regclass), :last, :called)"
_DROPS = """
    SELECT statement FROM (
        SELECT 1 AS turn, format('DROP TABLE public.%I CASCADE', c.relname) AS statement
          FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
        UNION ALL
        SELECT 2, format('DROP FUNCTION IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')) AS drops
     ORDER BY turn"""
