"""`./run import`: readings of the past are stored once, with the score that they would get live, and nobody is told."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, text

from core.errors import UserError
from core.kept_readings import Wanted
from db.operators import Operator, PostgresOperators, Subscription
from db.reading_log import PostgresReadingLog
from db.shown_devices import PostgresShownDevices
from tests.judged_log import EQUIPMENT
from tests.processes import Running, wait_until
from tests.shell import Shell

HEADER = "device,time,temperature,vibration,humidity,pressure"
BEGIN = datetime(2021, 3, 1, tzinfo=UTC)
CHUNK = 10_000


@pytest.fixture
def trained(shell: Shell, csv_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    monkeypatch.chdir(tmp_path)
    return shell


def imported(shell: Shell, file: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shell("import", "equipment", str(file), *arguments, "--json"))
    assert found["rows"] == found["stored"] + found["known"] + found["outside"] + found["bad"]
    return found


def readings(owner: Engine) -> list[tuple[Any, ...]]:
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(_READINGS))]


def sensors_of(row: int) -> tuple[float, ...]:
    return 60 + row % 23 + 40 * (row % 50 == 7), 1 + row % 7 / 10, 40 + row % 31, 30 + row % 9


def history(path: Path, rows: range) -> Path:
    """Two devices that speak in turn, a minute apart; one reading in fifty is hot."""
    lines = (f"p{row % 2},{at(row)},{','.join(map(str, sensors_of(row)))}" for row in rows)
    path.write_text("\n".join([HEADER, *lines, ""]))
    return path


def at(row: int) -> str:
    return (BEGIN + timedelta(minutes=row)).isoformat()


def test_history_has_the_scores_that_score_gives_and_nobody_is_told(trained: Shell, owner: Engine) -> None:
    file = history(Path("old.csv"), range(300))
    found = imported(trained, file)
    assert (found["stored"], found["faults"], found["bad"], found["version"]) == (300, 6, 0, 1)
    trained("score", str(file), "--machine", "equipment", "--out", "scores.parquet")
    scores = [one["probability"] for one in pq.read_table("scores.parquet").to_pylist()]
    assert readings(owner) == [
        (row, f"p{row % 2}", BEGIN + timedelta(minutes=row), list(sensors_of(row)), 0, scores[row], 1)
        for row in range(300)
    ]
    with owner.connect() as connection:
        told = connection.execute(text(_TOLD)).one()
        account = connection.execute(text(_ACCOUNT)).one()
    assert tuple(told) == (0, 0)
    assert tuple(account) == (300, 300, BEGIN + timedelta(minutes=299))


def test_an_import_that_was_killed_goes_on_and_a_second_one_adds_nothing(
    trained: Shell, owner: Engine, environment: Mapping[str, str], tmp_path: Path
) -> None:
    file = history(tmp_path / "old.csv", range(3 * CHUNK + 500))
    imported(trained, history(tmp_path / "first.csv", range(2)))
    with owner.connect() as blocker, blocker.begin():
        # Whoever wants to store this reading, of the third chunk, waits for us.
        blocker.execute(text(_BLOCK), {"time": BEGIN + timedelta(minutes=2 * CHUNK + 10)})
        apart = str(tmp_path / "bad.csv")  # a process of its own begins in the project
        killed = Running(["import", "equipment", str(file), "--bad", apart], environment, tmp_path / "import.log")
        try:
            wait_until(lambda: len(readings(owner)) == 2 * CHUNK, "two chunks are stored", seconds=120)
        finally:
            killed.kill()
        blocker.get_transaction().rollback()  # type: ignore[union-attr]  # begun above
    found = imported(trained, file)
    assert (found["rows"], found["known"], found["stored"]) == (3 * CHUNK + 500, 2 * CHUNK, CHUNK + 500)
    whole = readings(owner)
    assert [row[0] for row in whole] == list(range(3 * CHUNK + 500))
    assert [(row[1], row[2], row[3]) for row in whole] == [
        (f"p{row % 2}", BEGIN + timedelta(minutes=row), list(sensors_of(row))) for row in range(3 * CHUNK + 500)
    ]
    renamed = file.rename(tmp_path / "renamed.csv")
    assert imported(trained, renamed)["known"] == 3 * CHUNK + 500
    assert readings(owner) == whole


def test_files_that_overlap_are_stored_once_and_a_second_reading_of_a_moment_is_known(
    trained: Shell, owner: Engine
) -> None:
    assert imported(trained, history(Path("march.csv"), range(50, 150)))["stored"] == 100
    rows = [{"device": f"p{row % 2}", "time": BEGIN + timedelta(minutes=row), **_named(row)} for row in range(100)]
    pq.write_table(pa.Table.from_pylist([*rows, rows[0]]), "february.parquet")
    found = imported(trained, Path("february.parquet"))
    assert (found["stored"], found["known"]) == (50, 51)
    assert sorted(row[2] for row in readings(owner)) == [BEGIN + timedelta(minutes=row) for row in range(150)]


def test_bad_rows_are_named_doubtful_ones_stored_without_a_score(trained: Shell, owner: Engine) -> None:
    file = Path("mixed.csv")
    file.write_text(
        f"{HEADER}\np1,{at(0)},70,1.2,50,\np1,{at(1)},abc,1.2,50,35\np1,{at(2)},,1.2,50,35\np1,1969-03-01,70,1.2,50,35\n"
    )
    found = imported(trained, file)
    assert [found[key] for key in ("rows", "stored", "doubtful", "bad")] == [4, 2, 1, 2]
    assert Path(found["bad_rows"]).read_text().splitlines()[1:] == [
        "mixed.csv,3,temperature,abc,not a number",
        "mixed.csv,5,time,1969-03-01T00:00:00.000000,outside of the years 1990–2099",
    ]
    assert [(row[2], row[4], row[5] == row[5]) for row in readings(owner)] == [
        (BEGIN, 0, True),
        (BEGIN + timedelta(minutes=2), 1, False),
    ]
    mended = file.read_text().replace("abc", "71").replace("1969-03-01", at(3))
    file.write_text(mended)
    assert (imported(trained, file)["stored"], Path(found["bad_rows"]).exists()) == (2, False)


def test_what_the_stream_brought_is_left_out_unless_a_period_is_named(trained: Shell, owner: Engine) -> None:
    with owner.begin() as connection:  # a reading that came by Kafka, in the 20th minute
        connection.execute(text("SELECT ensure_reading_day(CAST(now() AS date))"))
        connection.execute(text(_LIVE), {"time": BEGIN + timedelta(minutes=20)})
    file = history(Path("old.csv"), range(30))
    found = imported(trained, file)
    assert (found["stored"], found["outside"], found["until"]) == (20, 10, "2021-03-01T00:20:00Z")
    assert imported(trained, file, "--since", at(10), "--until", at(25))["stored"] == 5
    with pytest.raises(UserError, match="is not before"):
        imported(trained, file, "--since", at(10), "--until", at(10))


def test_page_and_api_show_what_was_imported_and_export_takes_it(trained: Shell, owner: Engine) -> None:
    imported(trained, history(Path("old.csv"), range(40)))
    PostgresOperators(owner).add(Operator("Ada", "engineer", "UTC", None, [Subscription("page", "")]))
    course = PostgresShownDevices(owner).course("equipment", "p1", 60)
    assert list(course.times) == [BEGIN + timedelta(minutes=row) for row in range(1, 40, 2)]
    log = PostgresReadingLog(owner)
    with owner.connect() as connection:
        ada = connection.execute(text("SELECT id FROM operator")).scalar_one()
    machine = log.machine(ada, "equipment")
    assert machine is not None
    since = BEGIN + timedelta(minutes=30)
    (window,) = log.windows(Wanted(machine, device="p0", since=since))
    assert len(window.readings.offsets) == 5
    exported = json.loads(trained("export", "equipment", "--out", "all.csv", "--assume-normal", "--json"))
    assert exported["assumed_normal"] == 40


def test_what_cannot_be_imported_is_one_line(trained: Shell, owner: Engine) -> None:
    file = Path("timeless.csv")
    file.write_text("temperature,vibration,humidity\n70,1.2,50\n")
    with pytest.raises(UserError, match=r"timeless.csv has no column 'time'.*--map time=COLUMN"):
        imported(trained, file)
    with pytest.raises(UserError, match="vibration has no champion yet"):
        trained("import", "vibration", str(_vibration(Path("v.csv"))))
    assert readings(owner) == []


@pytest.mark.usefixtures("trained")
def test_retention_counts_from_the_day_of_the_import(environment: Mapping[str, str], owner: Engine) -> None:
    shell = Shell({**environment, "RETENTION_DAYS": "30"})
    assert "RETENTION_DAYS=30 counts from today" in shell("import", "equipment", str(history(Path("a.csv"), range(5))))
    assert "nothing is older than 30 days" in shell("retention")
    assert len(readings(owner)) == 5


def _named(row: int) -> dict[str, float]:
    return dict(zip(EQUIPMENT.sensor_names, (sensors_of(row)), strict=False))


def _vibration(path: Path) -> Path:
    path.write_text("time,vibration_x,vibration_y,vibration_z\n2021-03-01,1,2,3\n")
    return path


_READINGS = """
    SELECT r.kafka_offset, d.name, r.time, r.sensors, r.quality, r.score, r.model_version
      FROM reading r JOIN topic t ON t.id = r.topic AND t.imported JOIN device d ON d.id = r.device
     ORDER BY r.kafka_offset"""
_ACCOUNT = """
    SELECT next_offset, stored, watermark FROM ingest_partition p JOIN topic t ON t.id = p.topic WHERE t.imported"""
_TOLD = "SELECT (SELECT count(*) FROM incident), (SELECT count(*) FROM outbox)"
_BLOCK = """
    INSERT INTO imported_reading (device, time, kafka_offset) SELECT id, :time, 0 FROM device WHERE name = 'p0'"""
_LIVE = """
    WITH topic AS (INSERT INTO topic (name, machine) SELECT 'readings.equipment', id FROM machine RETURNING id),
         account AS (INSERT INTO ingest_partition (topic, kafka_partition, kafka_topic_id, first_offset, next_offset,
                                                   stored) SELECT id, 0, 'a', 0, 1, 1 FROM topic),
         device AS (INSERT INTO device (machine, name) SELECT id, 'p0' FROM machine RETURNING id)
    INSERT INTO reading (topic, kafka_partition, kafka_offset, day, id, device, time, sensors, quality, task, class,
                         score, model_version)
    SELECT topic.id, 0, 0, CAST(now() AS date), gen_random_uuid(), device.id, :time, '{70,1,50,35}', 0, 0, 0, 0.1, 1
      FROM topic, device"""
