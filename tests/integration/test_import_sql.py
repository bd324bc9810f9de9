"""`./run import` reads a table, or what a query gives, of another database."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, make_url, text

from core.errors import UserError
from db.foreign_rows import rows_of_query
from tests.shell import Shell

ROWS = 25_000


@pytest.fixture
def old(owner: Engine) -> Engine:
    with owner.begin() as connection:
        connection.execute(text(_OLD))
    return owner


@pytest.fixture
def shell(
    environment: Mapping[str, str], database_url: str, csv_file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Shell:
    monkeypatch.setattr("app.cli.set_up_logging", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    shell = Shell({**environment, "HISTORY_URL": database_url})
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    return shell


def imported(shell: Shell, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shell("import", "equipment", *arguments, "--json"))
    return found


def test_a_table_is_read_in_order_of_time_and_stored_once(shell: Shell, old: Engine) -> None:
    named = ["--map", "time=at", "--map", "device=oven", "--map", "temperature=Temp %"]
    found = imported(shell, "--table", "old.measured", *named)
    assert (found["rows"], found["stored"], found["bad"]) == (ROWS, ROWS - 1, 1)
    assert Path(found["bad_rows"]).read_text().splitlines()[1] == "table old.measured,25000,at,,not a time (ISO8601)"
    with old.connect() as connection:
        same = connection.execute(text(_SAME)).one()
    assert tuple(same) == (ROWS - 1, ROWS - 1, True)
    # The same by a query: `%` and `:` in it mean themselves.
    query = """SELECT oven AS device, at AS time, "Temp %" AS temperature, vibration, humidity FROM old.measured
                WHERE oven LIKE 'p%' AND at <> '1999-01-01 12:30:00' AND oven <> ' :x' ORDER BY at"""
    again = imported(shell, "--query", query)
    assert (again["stored"], again["known"]) == (0, ROWS - 1)


def test_rows_stay_on_their_server_until_they_are_asked_for(old: Engine) -> None:
    url = old.url.render_as_string(hide_password=False)
    with rows_of_query(url, "SELECT n, 1 / (15000 - n) FROM generate_series(1, 30000) AS s (n)") as rows:
        pieces = rows.pieces()
        # The row that fails was not computed yet: whoever fetches all of it first would fail here.
        assert len(next(pieces)) == 10_000
        with pytest.raises(UserError, match=r"the query cannot be read .* division by zero"):
            next(pieces)


@pytest.mark.usefixtures("shell")
def test_a_file_of_sqlite_is_a_database_too_and_nothing_is_changed_there(environment: Mapping[str, str]) -> None:
    rows = [("p1", "2021-03-01 00:00:00", 70, 1.5, 50), ("p1", "then", 70, 1.5, 50)]
    with closing(sqlite3.connect("old.db")) as written, written:
        written.execute("CREATE TABLE oven (device, time, temperature, vibration, humidity)")
        written.executemany("INSERT INTO oven VALUES (?, ?, ?, ?, ?)", rows)
    lite = Shell({**environment, "HISTORY_URL": "sqlite:///old.db"})
    assert "attempt to write a readonly database" in refused(lite, "--query", "DELETE FROM oven")
    assert "attempt to write a readonly database" in refused(lite, "--query", "DROP TABLE oven")
    found = imported(lite, "--table", "oven")
    assert (found["stored"], found["bad"]) == (1, 1)
    absent = Shell({**environment, "HISTORY_URL": "sqlite:///older.db"})
    assert "there is no file older.db" in refused(absent, "--table", "oven")
    assert not Path("older.db").exists()


def test_what_cannot_be_read_is_one_line_without_the_password(
    shell: Shell, old: Engine, environment: Mapping[str, str]
) -> None:
    wrong = make_url(environment["DATABASE_URL"]).set(password="hunter2")
    strange = Shell({**environment, "HISTORY_URL": wrong.render_as_string(hide_password=False)})
    said = [
        refused(strange, "--table", "old.measured"),
        refused(shell, "--table", "old.nothing"),
        refused(shell, "--query", "SELEKT 1"),
        refused(shell, "--query", "DELETE FROM old.measured"),
        refused(shell, "--query", "SELECT 1; COMMIT; DROP TABLE old.measured"),
        refused(shell, "--query", "WITH gone AS (DELETE FROM old.measured RETURNING *) SELECT * FROM gone"),
        refused(shell, "--table", "a", "--query", "b"),
        refused(Shell(environment), "--table", "a"),
        refused(Shell({**environment, "HISTORY_URL": "me:hunter2@here"}), "--table", "a"),
        refused(Shell({**environment, "HISTORY_URL": "postgresql://me:strange@hunter2@here/db"}), "--table", "a"),
        refused(Shell({**environment, "HISTORY_URL": "nosuch://me:hunter2@here/db"}), "--table", "a"),
        refused(Shell({**environment, "HISTORY_URL": "mysql+pymysql://me:hunter2@here/db"}), "--table", "a"),
    ]
    for words, expected in zip(said, _REFUSALS, strict=True):
        assert expected in words
        assert "hunter2" not in words
        assert "\n" not in words
    with old.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM old.measured")).scalar_one() == ROWS


def refused(shell: Shell, *arguments: str) -> str:
    with pytest.raises(UserError) as found:
        imported(shell, *arguments)
    return str(found.value)


_REFUSALS = [
    "password authentication failed",
    "no table old.nothing: correct --table",
    "the query cannot be read from HISTORY_URL's database: syntax error",
    "the query cannot be read from HISTORY_URL's database: syntax error",
    "cannot execute DROP TABLE in a read-only transaction",
    "DECLARE CURSOR must not contain data-modifying statements",
    "name a file or a folder, or --table NAME or --query SQL",
    "HISTORY_URL is missing",
    "HISTORY_URL is wrong: it must be an address of SQLAlchemy's; in a password write @ as %40",
    "HISTORY_URL is wrong: it must be an address of SQLAlchemy's; in a password write @ as %40",
    "HISTORY_URL: SQLAlchemy knows no such database",
    "HISTORY_URL: the driver pymysql is not installed",
]
# The later a row, the earlier it stands in the table; one has no time.
_OLD = """
    CREATE SCHEMA old;
    CREATE TABLE old.measured (oven text, at timestamp, "Temp %" numeric, vibration real, humidity integer);
    INSERT INTO old.measured
    SELECT 'p' || n % 2, CASE WHEN n <> 25000 THEN timestamp '2021-03-01' + n * interval '1 minute' END,
           60 + n % 23 + 0.25, 1.5, 40 + n % 31
      FROM generate_series(25000, 1, -1) AS s (n);
"""
_SAME = """
    SELECT count(*), count(o.at), bool_and(r.kafka_offset = extract(epoch FROM r.time - '2021-03-01Z') / 60 - 1)
      FROM reading r JOIN topic t ON t.id = r.topic AND t.imported JOIN device d ON d.id = r.device
      LEFT JOIN old.measured o ON o.oven = d.name AND o.at = r.time AT TIME ZONE 'UTC'
                              AND o."Temp %" = r.sensors[1]::numeric"""
