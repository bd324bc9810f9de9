"""Rows of somebody else's database, read through a cursor on its server: core.ports.rows.RecordedRows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Select,
    column,
    create_engine,
    inspect,
    literal_column,
    select,
    table,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError

from core.errors import UserError

_ROWS = 10_000
_POSTGRES = ("postgresql", "postgres")
_READ_ONLY = {
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""What makes a database refuse to be changed, by its dialect; others are given back what a query did there."""


class ForeignRows:
    """What a query gives, once."""

    def __init__(self, name: str, result: CursorResult[Any]) -> None:
        self._name = name
        self._result = result
        self.columns: Sequence[str] = list(result.keys())

    def __str__(self) -> str:
        return self._name

    def pieces(self) -> Iterator[Sequence[Sequence[object]]]:
        """See core.ports.rows.RecordedRows."""
        while True:
            with _errors_named(self._name):
                piece = self._result.fetchmany(_ROWS)
            if not piece:
                return
            yield piece


@contextmanager
def rows_of_query(url: str, query: str) -> Iterator[ForeignRows]:
    """What a query gives; it may change nothing there.

    `url`: of SQLAlchemy; no error repeats it. UserError where it, its driver or the query is wrong, or none answers.
    """

    def run(connection: Connection) -> CursorResult[Any]:
        # Neither `%` nor `:` in it means a parameter.
        return connection.execution_options(no_parameters=True).exec_driver_sql(query)

    with _opened(url, "the query", run) as rows:
        yield rows


@contextmanager
def rows_of_table(url: str, name: str, time: str) -> Iterator[ForeignRows]:
    """A table's rows (`name` or `schema.name`), in order of the column `time` where it has one. Errors as above."""
    schema, _, plain = name.rpartition(".")
    where = schema or None

    def run(connection: Connection) -> CursorResult[Any]:
        try:
            names = [one["name"] for one in inspect(connection).get_columns(plain, schema=where)]
        except NoSuchTableError:
            raise UserError(f"HISTORY_URL's database has no table {name}: correct --table, or use --query") from None
        query: Select[Any] = select(literal_column("*")).select_from(table(plain, schema=where))
        return connection.execute(query.order_by(column(time)) if time in names else query)

    with _opened(url, f"table {name}", run) as rows:
        yield rows


@contextmanager
def _opened(url: str, name: str, run: Callable[[Connection], CursorResult[Any]]) -> Iterator[ForeignRows]:
    # Errors are named where we ask that database: not around what is done with its rows.
    with _errors_named(name):
        engine = _engine(url)
        connection = _reading_only(engine).execution_options(stream_results=True, max_row_buffer=_ROWS)
    try:
        with closing(connection):
            with _errors_named(name):
                result = run(connection)
            if not result.returns_rows:
                raise UserError(f"{name} gives no rows: write a SELECT")
            yield ForeignRows(name, result)
    finally:
        engine.dispose()


def _reading_only(engine: Engine) -> Connection:
    connection = engine.connect()
    if (words := _READ_ONLY.get(engine.dialect.name)) is not None:
        connection.exec_driver_sql(words)
        connection.commit()
    return connection


def _engine(url: str) -> Engine:
    try:
        found = make_url(url)
        file = found.database or ""
        if found.get_backend_name() == "sqlite" and not Path(file).is_file():
            raise UserError(f"HISTORY_URL: there is no file {file}: name a SQLite database (sqlite:///path)")
        # Of Postgres' drivers, the one that we have.
        return create_engine(found.set(drivername="postgresql+psycopg2") if found.drivername in _POSTGRES else found)
    except NoSuchModuleError as error:
        raise UserError(f"HISTORY_URL: SQLAlchemy knows no such database ({error})") from None
    except (ArgumentError, ValueError):
        raise UserError("HISTORY_URL cannot be read: write postgresql://user:password@host:port/name") from None
    except ModuleNotFoundError as error:
        raise UserError(
            f"HISTORY_URL: the driver {error.name} is not installed: .venv/bin/pip install {error.name}"
        ) from None


@contextmanager
def _errors_named(name: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())[:300]
        raise UserError(f"{name} cannot be read from HISTORY_URL's database: {reason}") from None
    except SQLAlchemyError as error:
        raise UserError(f"{name} cannot be read from HISTORY_URL's database: {type(error).__name__}") from None
