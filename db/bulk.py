"""Many rows in one statement, through psycopg2's own fast paths, inside the caller's transaction."""

from collections.abc import Sequence
from contextlib import closing
from typing import BinaryIO

from psycopg2.extras import execute_values
from sqlalchemy import Connection


def insert_values(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run a statement that holds `VALUES %s` over all rows; no rows: nothing."""
    if rows:
        with closing(connection.connection.cursor()) as cursor:
            execute_values(cursor, statement, rows, page_size=1000)


def copy_binary(connection: Connection, table_and_columns: str, stream: BinaryIO) -> None:
    """COPY a stream in Postgres' binary format into `table (columns)`."""
    with closing(connection.connection.cursor()) as cursor:
        cursor.copy_expert(f"COPY {table_and_columns} FROM STDIN (FORMAT binary)", stream)
