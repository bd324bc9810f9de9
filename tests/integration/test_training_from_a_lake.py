"""`./run train MACHINE --lake FOLDER`: labelled files of any number as one training set."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from core.errors import UserError
from model.registry import s3_client
from tests.conftest import Servers
from tests.integration.conftest import CSV
from tests.shell import Shell


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """The rows of one file in three, some of them in two; in one a row that the stream would not score."""
    header, *rows = CSV.splitlines()
    timed = [f"p{at % 7},2026-03-01T12:{at // 60:02}:{at % 60:02}Z,{row}" for at, row in enumerate(rows)]
    folder, names = tmp_path / "lake", f"device,time,{header}"
    (folder / "march").mkdir(parents=True)
    for name, part in (("a.csv", timed[:250]), ("march/b.csv", timed[200:]), ("march/c.csv", timed[100:150])):
        (folder / name).write_text("\n".join([names, *part, ""]))
    with (folder / "a.csv").open("a") as file:
        file.write("p1,2026-03-01T12:00:00Z,9999,1.2,50,1\n")
    (tmp_path / "one.csv").write_text("\n".join([names, *timed, ""]))
    return folder


def test_a_lake_trains_the_model_that_the_same_rows_in_one_file_train(
    shell: Shell, lake: Path, servers: Servers, environment: Mapping[str, str]
) -> None:
    arguments = ("train", "equipment", "--model", "lr", "--json")
    one = json.loads(shell(*arguments, "--csv", str(lake.parent / "one.csv")))
    many = json.loads(shell(*arguments, "--lake", str(lake)))
    assert many["lake"] == {"files": 3, "rows": 501, "left_out": 1, "kept": 400}
    assert (one["lake"], one["rows"], many["rows"]) == (None, 400, 400)
    assert many["metrics"] == one["metrics"]
    assert many["version"] == 2

    client = s3_client(servers.s3_endpoint_url, "us-east-1", servers.s3_access_key_id, servers.s3_secret_access_key)
    for file in lake.rglob("*.csv"):
        key = f"lake/{file.relative_to(lake)}"
        client.put_object(Bucket=environment["S3_BUCKET"], Key=key, Body=file.read_bytes())
    there = json.loads(shell(*arguments, "--dry-run", "--lake", f"s3://{environment['S3_BUCKET']}/lake/"))
    assert (there["lake"], there["metrics"]) == (many["lake"], many["metrics"])


def test_too_many_rows_are_drawn_from_and_what_cannot_be_read_is_named(lake: Path) -> None:
    arguments = ["train", "equipment", "--model", "lr", "--dry-run", "--json", "--lake", str(lake)]
    found = json.loads(CliRunner().invoke(main, [*arguments, "--most-rows", "300"]).stdout)
    assert (found["rows"], found["lake"]["kept"]) == (300, 300)

    with (lake / "march" / "c.csv").open("a") as file:
        file.write("p1,2026-03-01T12:00:00Z,hot,1.2,50,1\n")
    refused = CliRunner().invoke(main, arguments).exception
    assert isinstance(refused, UserError)
    assert str(refused) == f"{lake / 'march' / 'c.csv'}, row 52, column 'temperature': 'hot' is not a number"
    for wrong in (["--simulate"], ["--csv", str(lake.parent / "one.csv")]):
        refused = CliRunner().invoke(main, [*arguments, *wrong]).exception
        assert "one of the three" in str(refused)
    refused = CliRunner().invoke(main, ["train", "equipment", "--simulate", "--engine", "spark"]).exception
    assert "--engine spark reads many files" in str(refused)
