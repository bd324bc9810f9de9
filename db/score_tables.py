"""Tables of scored files, in a schema of their own: filled beside the old ones, whose place they take when full."""

import re
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import psycopg2
from psycopg2 import sql
from sqlalchemy import Engine, text

from core.errors import UserError
from db.bulk import copy_csv, execute
from db.failures import failures_named

SCHEMA = "scores"
_PIECE = 8_000_000
"""Bytes that are copied and committed at once: no transaction lasts as long as the files do."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
_OURS = ("_bad", "_part")

Columns = Sequence[tuple[str, str]]
"""Name and Postgres type of each."""


def require_table_name(name: str) -> None:
    """UserError unless tables can be called so."""
    if not _NAME.fullmatch(name) or name.endswith(_OURS):
        raise UserError(
            f"no table can be called {name!r}: write a letter, then letters, digits or _ (50 at most, all small), and"
            f" neither {' nor '.join(_OURS)} at the end"
        )


class ScoreTables:
    """What is copied within the block is in the tables, in place of what they held, once it has ended without an error.

    Raises UserError where another run fills them, or something of somebody's hangs on them; Unavailable.
    """

    def __init__(self, engine: Engine, tables: Mapping[str, Columns], comment: str) -> None:
        self._engine = engine
        self._tables = tables
        self._comment = comment
        self._waiting: dict[str, list[bytes]] = {name: [] for name in tables}

    def __enter__(self) -> Self:
        with failures_named():
            self._connection = self._engine.connect()
            try:
                self._alone()
                self._require_replaceable()
                with self._connection.begin():
                    self._drop_parts()
                    for name, columns in self._tables.items():
                        self._execute(_CREATE, table=_in_schema(_part(name)), columns=_defined(columns))
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        try:
            with failures_named():
                if kind is None:
                    for name in self._tables:
                        self._copy_waiting(name)
                    self._replace()
                elif not self._connection.invalidated:
                    with self._connection.begin():
                        self._drop_parts()
        finally:
            self._leave()

    def copy(self, name: str, rows: bytes) -> None:
        """Add rows to a table, as CSV: its columns in their order, NULL for an empty cell without quotes."""
        self._waiting[name].append(rows)
        if sum(map(len, self._waiting[name])) >= _PIECE:
            with failures_named():
                self._copy_waiting(name)

    def _copy_waiting(self, name: str) -> None:
        rows, self._waiting[name] = b"".join(self._waiting[name]), []
        if rows:
            with self._connection.begin():
                copy_csv(self._connection, _in_schema(_part(name)), rows)

    def _alone(self) -> None:
        """The lock is the session's: it goes with it, however the process ends."""
        with self._connection.begin():
            for name in self._tables:
                if not self._connection.execute(text(_LOCK), {"name": f"faultline.scores.{name}"}).scalar_one():
                    raise UserError(f"another run fills {SCHEMA}.{name}: wait for its end, or name another table")

    def _require_replaceable(self) -> None:
        """What would stop the last step is said before the first: it is taken, and taken back."""
        with self._connection.begin() as attempt:
            self._drop_old()
            attempt.rollback()

    def _replace(self) -> None:
        with self._connection.begin():
            self._connection.execute(text("SET LOCAL statement_timeout = 0"))
            self._connection.execute(text("SET LOCAL lock_timeout = '10min'"))  # of whoever reads the old ones
            self._drop_old()
            for name in self._tables:
                self._execute(_RENAME, part=_in_schema(_part(name)), name=sql.Identifier(name))
                self._execute(_COMMENT, table=_in_schema(name), comment=sql.Literal(self._comment))

    def _drop_old(self) -> None:
        for name in self._tables:
            try:
                self._execute(_DROP, table=_in_schema(name))
            except psycopg2.errors.DependentObjectsStillExist as error:
                hangs_on_it = " ".join((error.diag.message_detail or "").split())
                raise UserError(
                    f"{SCHEMA}.{name} cannot be replaced: {hangs_on_it}; drop that, or name another table"
                ) from error
            except psycopg2.errors.WrongObjectType as error:
                raise UserError(f"{SCHEMA}.{name} is no table, and stays: name another one") from error
            except psycopg2.errors.InsufficientPrivilege as error:
                raise UserError(
                    f"{SCHEMA}.{name} is somebody else's ({str(error).strip()}): name another table"
                ) from error

    def _drop_parts(self) -> None:
        """Those of a run that died."""
        for name in self._tables:
            self._execute(_DROP, table=_in_schema(_part(name)))

    def _execute(self, statement: str, **names: sql.Composable) -> None:
        execute(self._connection, sql.SQL(statement).format(**names))

    def _leave(self) -> None:
        self._connection.invalidate()  # its lock must not stay with a connection of the pool
        self._connection.close()


def _part(name: str) -> str:
    return f"{name}_part"


def _in_schema(name: str) -> sql.Composable:
    return sql.Identifier(SCHEMA, name)


def _defined(columns: Columns) -> sql.Composable:
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))  # kinds are ours
        for name, kind in columns
    )


_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"
_CREATE = "CREATE TABLE {table} ({columns})"
_DROP = "DROP TABLE IF EXISTS {table}"
_RENAME = "ALTER TABLE {part} RENAME TO {name}"
_COMMENT = "COMMENT ON TABLE {table} IS {comment}"
