"""`./run score` and `./run validate`: files of any size, by the rules of the live stream."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from app.cli import main
from app.wiring import ROOT
from core.errors import ModelRefused, UserError
from tests.shell import Shell

HEADER = "device,time,temperature,vibration,humidity,pressure"
# One row of each kind.
MIXED = f"""{HEADER}
p1,2026-03-01T12:00:00Z,70,1.2,50,
p1,2026-03-01T12:00:01Z,abc,1.2,50,35
p1,2026-03-01T12:00:02Z,108,1.2,50,35
p1,2026-03-01T12:00:03Z,,1.2,50,35
,2026-03-01T12:00:04Z,70,1.2,50,35
p1,1969-03-01T12:00:05Z,70,1.2,50,35
p1,2026-03-01T12:00:06Z,9999,1.2,50,35
"""


@pytest.fixture
def trained(shell: Shell, csv_file: str) -> Shell:
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    return shell


def scored(shell: Shell, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shell("score", *arguments, "--machine", "equipment", "--json"))
    return found


def test_every_row_is_scored_doubtful_or_kept_apart_with_its_reason(trained: Shell, tmp_path: Path) -> None:
    file, out = tmp_path / "mixed.csv", tmp_path / "out" / "scores.parquet"
    file.write_text(MIXED)
    found = scored(trained, str(file), "--out", str(out))
    assert [found[key] for key in ("version", "rows", "scored", "faults", "doubtful", "bad")] == [1, 7, 2, 1, 2, 3]
    rows = pq.read_table(out).to_pylist()
    assert [(one["row"], one["fault"], one["quality"]) for one in rows] == [
        (2, False, 0),
        (4, True, 0),
        (5, None, 1),
        (8, None, 2),
    ]
    assert pq.read_schema(out).metadata[b"model_version"] == b"1"
    with Path(found["bad_rows"]).open(newline="") as bad:
        assert [(one["row"], one["column"], one["value"]) for one in csv.DictReader(bad)] == [
            ("3", "temperature", "abc"),
            ("6", "device", ""),
            ("7", "time", "1969-03-01T12:00:05.000000"),
        ]


def test_a_folder_is_scored_as_one_and_mended_files_leave_no_bad_rows_behind(trained: Shell, tmp_path: Path) -> None:
    folder, out = tmp_path / "lake", tmp_path / "scores.parquet"
    (folder / "march").mkdir(parents=True)
    (folder / "a.csv").write_text(MIXED)
    (folder / "march" / "b.csv").write_text(f"{HEADER}\np2,2026-03-01T12:00:00Z,70,1.2,50,35\n")
    assert scored(trained, str(folder), "--out", str(out))["rows"] == 8
    assert {one["file"] for one in pq.read_table(out).to_pylist()} == {"a.csv", "march/b.csv"}
    assert (tmp_path / "scores.bad.csv").exists()
    (folder / "a.csv").unlink()
    assert scored(trained, str(folder), "--out", str(out))["bad_rows"] is None
    assert not (tmp_path / "scores.bad.csv").exists()


def test_what_cannot_be_scored_at_all_is_one_line_and_leaves_the_old_file(trained: Shell, tmp_path: Path) -> None:
    file, out = tmp_path / "readings.csv", tmp_path / "scores.parquet"
    out.write_bytes(b"old")
    file.write_text(f"{HEADER}\np1,2026-03-01T12:00:00Z,70,1.2,50,35,7\n")
    with pytest.raises(UserError, match=r"row 2 has more cells than its header"):
        scored(trained, str(file), "--out", str(out))
    with pytest.raises(ModelRefused, match="no record of equipment v9"):
        scored(trained, str(file), "--out", str(out), "--version", "9")
    with pytest.raises(UserError, match=r"ends in \.parquet"):
        scored(trained, str(file), "--out", str(tmp_path / "scores.txt"))
    assert out.read_bytes() == b"old"
    assert sorted(one.name for one in tmp_path.glob("scores*")) == ["scores.parquet"]


@pytest.mark.usefixtures("trained")
def test_a_large_file_takes_hardly_more_memory_than_a_small_one(environment: Mapping[str, str], tmp_path: Path) -> None:
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    row = "p{},2026-03-01T12:00:{:02}Z,{}.25,1.2,50,35\n"
    block = "".join(row.format(number % 50, number % 60, 60 + number % 20) for number in range(20_000))
    small.write_text(f"{HEADER}\n{block}")
    bound_mb = 40
    with large.open("w") as file:
        file.write(f"{HEADER}\n")
        while file.tell() < 1.5 * bound_mb * 1e6:
            file.write(block)
    peaks = [peak_mb(one, environment, tmp_path) for one in (small, large)]
    assert large.stat().st_size > bound_mb * 1e6
    assert peaks[1] < peaks[0] + bound_mb


def peak_mb(file: Path, environment: Mapping[str, str], folder: Path) -> float:
    """The most memory that scoring held, in 10^6 bytes."""
    arguments = ["--machine", "equipment", "--out", str(folder / f"{file.stem}.parquet")]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, "score", str(file), "--json", *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["bad"] == 0
    (peak,) = re.findall(r"peak ([\d.]+)$", done.stderr, re.MULTILINE)
    return float(peak)


# What a run reports of itself as it ends. `ru_maxrss` begins with what its parent, this very test, holds.
_MEASURED = """
import atexit, psutil, sys
from app.cli import run
from bench.process import peak_rss_mb
atexit.register(lambda: print("peak", peak_rss_mb(psutil.Process()), file=sys.stderr))
run()
"""


def test_validate_names_columns_and_rows_and_needs_no_server(tmp_path: Path) -> None:
    file = tmp_path / "mixed.csv"
    file.write_text(MIXED)
    done = CliRunner().invoke(main, ["validate", str(file), "--machine", "equipment", "--json"])
    (report,) = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [report[key] for key in ("rows", "good", "doubtful", "bad")] == [7, 2, 2, 3]
    found = {(one["column"], one["kind"]): one["ranges"] for one in report["findings"]}
    assert found["temperature", "bad"] == [[3, 3]]
    assert found["device", "bad"] == [[6, 6]]
    assert found["time", "bad"] == [[7, 7]]
    said = CliRunner().invoke(main, ["validate", str(file), "--machine", "equipment"]).stdout
    assert "temperature: not a number (bad, 1 cells, such as 'abc'), rows 3" in said

    file.write_text(f"{HEADER}\np1,2026-03-01T12:00:00Z,70,1.2,50,35\n")
    assert CliRunner().invoke(main, ["validate", str(file), "--machine", "equipment"]).exit_code == 0
