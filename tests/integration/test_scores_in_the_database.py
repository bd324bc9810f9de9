"""`./run score … --out postgres:NAME`: scored rows in a table of their own."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, text

from core.errors import UserError
from db.engine import connected
from db.score_tables import ScoreTables
from tests.integration.test_recorded_files import HEADER, MIXED
from tests.shell import Shell

ONE = {"march": (("row", "bigint"),)}


@pytest.fixture
def scores(database_url: str) -> Iterator[Engine]:
    with connected(database_url, "scores") as engine:
        yield engine


@pytest.fixture
def reader(database_url: str) -> Iterator[Engine]:
    """Who may look alone, as dashboards and notebooks do."""
    with connected(database_url, "grafana") as engine:
        yield engine


def rows(reader: Engine, query: str) -> Sequence[Any]:
    with reader.connect() as connection:
        return connection.execute(text(query)).all()


def tables(reader: Engine) -> Sequence[str]:
    there = "SELECT relname AS name FROM pg_class WHERE relnamespace = 'scores'::regnamespace ORDER BY 1"
    return [row.name for row in rows(reader, there)]


def test_the_table_holds_what_the_file_holds_to_the_last_bit_and_a_rerun_replaces_it(
    shell: Shell, csv_file: str, reader: Engine, tmp_path: Path
) -> None:
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / 'a "quoted", ünïcode.csv').write_text(MIXED)
    many = "".join(f"q{at % 500},2026-03-01T12:00:{at % 60:02}.25Z,{60 + at / 700},1.2,50,\n" for at in range(11_000))
    (tmp_path / "lake" / "b.csv").write_text(f"{HEADER}\n{many}")
    arguments = ("score", str(tmp_path / "lake"), "--machine", "equipment", "--json", "--out")
    file = json.loads(shell(*arguments, str(tmp_path / "scores.parquet")))
    for _ in range(2):
        table = json.loads(shell(*arguments, "postgres:march"))
        counts = ("rows", "scored", "faults", "doubtful", "bad")
        assert [table[key] for key in counts] == [file[key] for key in counts]
        assert (table["out"], table["bad_rows"]) == ("scores.march", "scores.march_bad")
        expected = pq.read_table(tmp_path / "scores.parquet").to_pylist()
        kept = rows(reader, "SELECT * FROM scores.march ORDER BY file, row")
        assert [{**row._mapping} for row in kept] == [{**row, "model_version": 1} for row in expected]
        with Path(file["bad_rows"]).open(newline="") as bad:
            expected = [{**row, "row": int(row["row"])} for row in csv.DictReader(bad)]
        kept = rows(reader, "SELECT * FROM scores.march_bad ORDER BY row")
        assert [{**row._mapping} for row in kept] == expected
        assert tables(reader) == ["march", "march_bad"]
    (told,) = rows(reader, "SELECT obj_description('scores.march'::regclass) AS words")
    assert told.words == f"of {tmp_path / 'lake'} by equipment v1, ./run score"

    (tmp_path / "lake" / "c.csv").write_text(f"{HEADER}\np1,2026-03-01T12:00:00Z,70,1.2,50,35,7\n")
    with pytest.raises(UserError, match="row 2 has more cells"):
        shell(*arguments, "postgres:march")
    assert len(rows(reader, "SELECT FROM scores.march")) == file["rows"] - file["bad"], "as it was"
    assert tables(reader) == ["march", "march_bad"]

    with pytest.raises(UserError, match=r"Spark's workers reach no database; name a folder"):
        shell(*arguments, "postgres:march", "--engine", "spark")


def test_what_a_killed_run_left_is_replaced_and_two_runs_never_fill_one_table(scores: Engine, reader: Engine) -> None:
    killed = ScoreTables(scores, ONE, "one").__enter__()
    killed.copy("march", b"1\n" * 5_000_000)  # more than one piece: committed beside
    with pytest.raises(UserError, match=r"another run fills scores\.march"), ScoreTables(scores, ONE, "two"):
        pass
    killed._connection.invalidate()  # as its process ends
    with ScoreTables(scores, ONE, "two") as second:
        second.copy("march", b"2\n")
    assert [row.row for row in rows(reader, "SELECT row FROM scores.march")] == [2]
    assert tables(reader) == ["march"]


def test_a_view_on_the_table_is_named_before_anything_is_scored(scores: Engine, owner: Engine) -> None:
    with ScoreTables(scores, ONE, "one") as first:
        first.copy("march", b"1\n")
    with owner.begin() as connection:
        connection.execute(text("CREATE VIEW public.of_march AS SELECT * FROM scores.march"))
    refused = pytest.raises(UserError, match=r"scores\.march cannot be replaced: view of_march depends on table")
    with refused, ScoreTables(scores, ONE, "two"):
        raise AssertionError("no work is begun that would be lost")
    with owner.begin() as connection:
        connection.execute(text("DROP VIEW public.of_march"))
        connection.execute(text("CREATE TABLE scores.april (row bigint)"))
    refused = pytest.raises(UserError, match=r"scores\.april is somebody else's \(must be owner of table april\)")
    with refused, ScoreTables(scores, {"april": ONE["march"]}, "three"):
        raise AssertionError("no work is begun that would be lost")
