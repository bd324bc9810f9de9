"""Where `score` writes: a file, or tables of the database."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias

import click

from app.kept_apart import KeptApart
from app.new_file import NewFile
from core.bad_cell import BadCell
from core.errors import UserError
from core.machine import Machine
from core.prediction import ModelVersion
from core.scored_rows import ScoredRows
from db.engine import Engine
from db.score_tables import SCHEMA, ScoreTables, require_table_name
from model.scored_csv import score_columns, scored_csv
from model.scored_parquet import ScoredParquet

_POSTGRES = "postgres"
_BAD = (("file", "text"), ("row", "bigint"), ("column", "text"), ("value", "text"), ("reason", "text"))


class ScoreTable(NamedTuple):
    """A table in the schema of scores; the bad rows are in the one beside it."""

    name: str

    def __str__(self) -> str:
        return f"{SCHEMA}.{self.name}"

    @property
    def bad(self) -> "ScoreTable":
        """Of the rows that are no readings."""
        return ScoreTable(f"{self.name}_bad")


Out: TypeAlias = Path | ScoreTable


class ScoresOut(click.ParamType[Out]):
    """A file that can be written, or `postgres:NAME`."""

    name = "path"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Out:
        """The file or table."""
        scheme, colon, name = str(value).partition(":")
        if scheme not in (_POSTGRES, "postgresql"):
            return NewFile().convert(value, param, ctx)
        if scheme != _POSTGRES or not colon:
            # An address may hold a password: it is not said again.
            self.fail(f"write postgres:NAME, for table {SCHEMA}.NAME in the database of DATABASE_URL", param, ctx)
        try:
            require_table_name(name)
        except UserError as error:
            self.fail(str(error), param, ctx)
        return ScoreTable(name)


class Sink(NamedTuple):
    """What takes scored rows and bad ones; it is all there when its block ends without an error."""

    write: Callable[[ScoredRows], None]
    keep_apart: Callable[[str, Sequence[BadCell]], None]


@contextmanager
def in_file(out: Path, bad: Path, machine: Machine, version: ModelVersion) -> Iterator[Sink]:
    """Parquet, and bad rows as CSV. Raises UserError where it cannot be written, OSError."""
    with ScoredParquet(out, machine, version) as scored, KeptApart(bad) as apart:
        yield Sink(scored.write, apart.write)


@contextmanager
def in_tables(engine: Engine, out: ScoreTable, machine: Machine, version: ModelVersion, of: str) -> Iterator[Sink]:
    """Two tables, which replace those of an earlier run; `of`: what was scored. Raises UserError, Unavailable."""
    columns = {out.name: score_columns(machine), out.bad.name: _BAD}
    with ScoreTables(engine, columns, f"of {of} by {version}, ./run score") as tables:
        yield Sink(
            lambda scored: tables.copy(out.name, scored_csv(machine, version, scored)),
            lambda file, cells: tables.copy(out.bad.name, _bad_csv(file, cells)),
        )


def _bad_csv(file: str, cells: Sequence[BadCell]) -> bytes:
    written = io.StringIO(newline="")
    rows = csv.writer(written, quoting=csv.QUOTE_NONNUMERIC)  # an empty text is no NULL
    # A file's bytes may hold zeros, Postgres' text may not.
    rows.writerows((file, one.row, one.column, one.value.replace("\0", "\ufffd"), one.reason) for one in cells)
    return written.getvalue().encode()
