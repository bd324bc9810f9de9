"""Statements of the hot path, through psycopg2's own fast paths, inside the caller's transaction."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import psycopg2
import psycopg2.extensions
from psycopg2 import sql
from psycopg2.extras import execute_values
from sqlalchemy import Connection

from db.failures import unavailable

_CHUNK = 1 << 24
"""Bytes that COPY takes from a stream at a time, a whole batch: after each piece it waits for the other threads."""


def execute(
    connection: Connection, statement: str | sql.Composable, arguments: Mapping[str, object] | None = None
) -> int:
    """Run a statement with `%(name)s` arguments; how many rows it met. Raises Unavailable.

    Costs less than half of what SQLAlchemy does, several times for each work, however small.
    """
    with _cursor(connection) as cursor:
        cursor.execute(statement, arguments)
        return cursor.rowcount


def insert_values(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run a statement that holds `VALUES %s` over all rows; no rows: nothing. Raises Unavailable."""
    if rows:
        with _cursor(connection) as cursor:
            execute_values(cursor, statement, rows, page_size=1000)


def insert_returning(
    connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> Sequence[tuple[Any, ...]]:
    """As `insert_values`, for a statement with RETURNING: what it returns for each row, in their order."""
    if not rows:
        return []
    with _cursor(connection) as cursor:
        returned: list[tuple[Any, ...]] = execute_values(cursor, statement, rows, page_size=1000, fetch=True)
        return returned


def copy_binary(connection: Connection, table_and_columns: str, stream: BinaryIO) -> None:
    """COPY a stream in Postgres' binary format into `table (columns)`. Raises Unavailable."""
    with _cursor(connection) as cursor:
        cursor.copy_expert(f"COPY {table_and_columns} FROM STDIN (FORMAT binary)", stream, _CHUNK)


def copy_csv(connection: Connection, table: sql.Composable, rows: bytes) -> None:
    """COPY rows of CSV into a table, its columns in their order. Raises Unavailable."""
    with _cursor(connection) as cursor:
        cursor.copy_expert(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(table), io.BytesIO(rows), _CHUNK)


@contextmanager
def _cursor(connection: Connection) -> Iterator[psycopg2.extensions.cursor]:
    """The driver's own cursor: SQLAlchemy neither names its errors nor notices when its connection broke."""
    assert connection.in_transaction(), "SQLAlchemy commits only what it knows to have begun"
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, psycopg2.extensions.connection), "the engine's driver is psycopg2"
    try:
        with raw.cursor() as cursor:
            yield cursor
    except psycopg2.Error as error:
        if raw.closed:
            connection.invalidate(error)
        elif not isinstance(error, psycopg2.OperationalError):
            raise
        raise unavailable(str(error)) from error
