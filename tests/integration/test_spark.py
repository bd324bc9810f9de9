"""`--engine spark`: a cluster of two workers says of a lake of files what this process says."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from app.cli import main
from app.labelled_lake import Draw, LakeCounts, read_lake
from app.machines import load_machines
from app.readings_place import S3Reach
from app.recorded_files import files_at
from app.spark.lake import lake_of, read_lake_there
from app.spark.session import spark_session
from app.spark.tasks import S3Server
from app.wiring import ROOT
from core.errors import UserError
from tests.integration.test_recorded_files import HEADER, MIXED
from tests.shell import Shell

pytestmark = [pytest.mark.spark, pytest.mark.timeout(400)]

EQUIPMENT = load_machines(ROOT / "machines")["equipment"]
ON_TWO_WORKERS = ("--engine", "spark", "--master", "local-cluster[2,1,1024]")


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A file with a row of each kind, one of two chunks with a sensor stuck in both, a Parquet file."""
    folder = tmp_path / "lake"
    (folder / "march").mkdir(parents=True)
    (folder / "a.csv").write_text(MIXED)
    long = [
        f"p{at % 3},2026-03-01T12:{at // 60 % 60:02}:{at % 60:02}Z,{60 + at % 37 + at / 7:.9f},"
        f"{1.2 if 9_800 < at < 10_400 else 1 + at % 11 / 10},50.{at % 10},"
        for at in range(12_000)
    ]
    (folder / "march" / "b.csv").write_text("\n".join([HEADER, *long, ""]))
    table = pa_csv.read_csv(folder / "march" / "b.csv").slice(0, 500)
    pq.write_table(table.set_column(1, "time", table["time"].cast(pa.string())), folder / "c.parquet")
    return folder


def test_two_workers_score_and_validate_as_this_process_does_to_the_last_bit(
    shell: Shell, csv_file: str, lake: Path, tmp_path: Path
) -> None:
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    arguments = ("score", str(lake), "--machine", "equipment", "--json", "--out")
    here = json.loads(shell(*arguments, str(tmp_path / "here.parquet")))
    there = json.loads(shell(*arguments, str(tmp_path / "there"), *ON_TWO_WORKERS))
    counts = ("version", "rows", "scored", "faults", "doubtful", "bad")
    assert [there[key] for key in counts] == [here[key] for key in counts]
    assert here["doubtful"] > 100, "sensors were stuck, from one chunk into the next"

    scored = pq.read_table(tmp_path / "here.parquet")
    assert rows_of(tmp_path / "there" / "rows=scored", scored.column_names) == in_order(scored.to_pylist())
    with Path(here["bad_rows"]).open(newline="") as file:
        bad = [{**one, "row": int(one["row"])} for one in csv.DictReader(file)]
    assert rows_of(Path(there["bad_rows"]), list(bad[0])) == in_order(bad)

    # In the same process, because a Java machine takes longer to start than all of this.
    validate = ["validate", str(lake), "--machine", "equipment", "--json"]
    reports = [json.loads(CliRunner().invoke(main, [*validate, *engine]).stdout) for engine in ((), ON_TWO_WORKERS)]
    assert reports[0] == reports[1]
    assert len(reports[0]) == 3

    (lake / "d.csv").write_text(f"{HEADER}\np1,2026-03-01T12:00:00Z,70,1.2,50,35,7\n")
    with pytest.raises(UserError, match=r"d\.csv cannot be read: row 2 has more cells than its header$"):
        shell(*arguments, str(tmp_path / "none"), "--engine", "spark", "--master", "local[2]")
    assert not list(tmp_path.glob("none*")), "nothing is left of what failed"


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Files of every dialect, some with rows of another, one with a row that could not be scored."""
    folder = tmp_path / "labelled"
    (folder / "march").mkdir(parents=True)
    for name, first in (("a.csv", 0), ("march/b.csv", 700), ("march/c.csv", 1400)):
        numbers = range(first, first + 1_000)
        rows = [
            f"p{at % 7},2026-03-01T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z,{60 + at % 37 + at % 7 / 7:.9f},"
            f"{1 + at % 11 / 10},50.{at % 10},,{int(at % 10 == 0)}"
            for at in numbers
        ]
        (folder / name).write_text("\n".join([f"{HEADER},faulty", *rows, ""]))
    with (folder / "a.csv").open("a") as file:
        file.write("p1,2026-03-01T00:00:00Z,9999,1.2,50,35,1\n")
    pq.write_table(pa_csv.read_csv(folder / "march" / "b.csv"), folder / "again.parquet")
    return folder


def test_two_workers_gather_the_rows_to_train_on_that_this_process_gathers_to_the_last_bit(
    labelled: Path, tmp_path: Path
) -> None:
    files = files_at(labelled, S3Reach())
    with spark_session(ON_TWO_WORKERS[-1], tmp_path, {}) as session:
        for most in (10_000, 999):
            draw = Draw(most, seed=3)
            here, counts = read_lake(files, EQUIPMENT, draw, lambda _: None)
            there, counted = read_lake_there(session, lake_of(files, EQUIPMENT, {}, S3Server()), draw)
            assert counted == counts == LakeCounts(files=4, rows=4_001, left_out=1, kept=min(most, 2_400))
            assert there.sensors.tobytes() == here.sensors.tobytes()
            for column in ("fault", "times"):
                assert getattr(there, column).tobytes() == getattr(here, column).tobytes()
            assert list(there.devices) == list(here.devices)


def rows_of(folder: Path, columns: list[str]) -> list[dict[str, Any]]:
    """What Spark wrote there."""
    return in_order(pq.read_table(folder, columns=columns, partitioning=None).to_pylist())


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Spark's files come in any order. NaN cannot be in them: `to_pylist` compares to the last bit."""
    assert not re.search(r"\bnan\b", str(rows[:1]))
    return sorted(rows, key=lambda row: (row["file"], row["row"], row.get("column") or ""))
