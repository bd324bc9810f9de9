import importlib
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, main, module_of, run
from app.moment import Moment
from app.wiring import ROOT
from core.errors import UserError


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_one_line_in_the_list_and_says_the_same_itself(name: str) -> None:
    command = importlib.import_module(module_of(name)).command
    assert isinstance(command, click.Command)
    assert command.get_short_help_str(200) == COMMANDS[name]
    assert len(COMMANDS[name]) <= 66, "it fits on a line"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_bare_run_lists_every_command() -> None:
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 0
    assert all(f"  {name} " in result.output for name in COMMANDS)


def test_an_unknown_command_exits_with_2() -> None:
    assert CliRunner().invoke(main, ["deploy"]).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["dead-letters", "list", "--partition", str(2**31)],
        ["partitions", "resolve", "t", "0", "--action", "accept", "--count", str(2**63), "--reason", "x"],
        ["partitions", "resolve", "t", "0", "--action", "from-offset", "--offset", str(2**63), "--reason", "x"],
        ["retention", "--days", "740000"],
        ["explain", "0"],
        ["dead-letters", "replay", "--limit", str(2**63)],
        ["train", "equipment", "--simulate", "--rows", str(10**13)],
        ["models", "show", "equipment", "0"],
        ["operators", "add", "ann", "--telegram-id", "5", "--chat", str(2**60)],
        ["bench", "learning", "--seeds", f"1,{2**40}"],
    ],
)
def test_a_number_that_no_server_could_hold_exits_with_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "is not in the range" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["producer", "--rate", "nan"],
        ["producer", "--seconds", "inf"],
        ["producer", "--fault-rate", "NaN"],
        ["demo", "--auto-reply", "nan"],
        ["init", "--wait", "nan"],
    ],
)
def test_what_no_clock_or_rate_can_be_exits_with_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "is no finite number" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["operators", "add", "ann\nbob", "--console"], "a name has 1 to 100 characters, none of which only steers"),
        (["operators", "set", "ann", "--quiet", "22:00-06:00", "--no-quiet"], "exclude each other: name one of them"),
        (["models", "promote", "equipment", "2", "--force", "--as", " ", "--reason", "why"], "give --force --as"),
    ],
)
def test_what_cannot_be_meant_is_one_line_with_the_remedy(arguments: list[str], told: str) -> None:
    with pytest.raises(UserError, match=told) as refused:
        main.main(arguments, standalone_mode=False)
    assert "\n" not in str(refused.value)


def test_an_argument_that_is_no_text_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["app", "operators", "add", "x\udcff"])
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 2
    assert (
        capsys.readouterr().err == r"faultline: the argument 'x\udcff' is not valid text in this terminal's encoding"
        "\n"
    )


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", ""])
def test_what_is_no_moment_exits_with_2_and_shows_one(moment: str) -> None:
    result = CliRunner().invoke(main, ["dead-letters", "list", "--since", moment])
    assert result.exit_code == 2
    assert "is no moment such as 2026-03-01" in result.output


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01 14:05", datetime(2026, 3, 1, 14, 5, tzinfo=UTC)),
        ("2026-03-01T14:05:00Z", datetime(2026, 3, 1, 14, 5, tzinfo=UTC)),
        ("2026-03-01T14:05:00.000001+01:00", datetime(2026, 3, 1, 13, 5, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_as_our_own_output_writes_it(written: str, meant: datetime) -> None:
    assert Moment().convert(written, None, None) == meant


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_output_that_cannot_be_written_is_one_line_and_exit_code_2() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "app", "--help"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (2, "faultline: the output: No space left on device\n")


def test_a_reader_that_has_read_enough_is_no_error_to_speak_of() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:  # what was written is still in our buffer when the command has ended
        command = [sys.executable, "-c", "from app import cli; cli.main = lambda **_: print('x'); cli.run()"]
        ended = subprocess.run(command, cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "")


@pytest.mark.parametrize("command", [["score", "--out", "scores.parquet"], ["validate"]])
def test_a_spark_cluster_is_never_named_in_vain(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "readings.csv").write_text("temperature\n70\n", encoding="utf-8")
    name, *options = command
    arguments = [name, str(tmp_path / "readings.csv"), "--machine", "equipment", "--master", "spark://a:7077", *options]
    with pytest.raises(UserError, match="--master spark://a:7077 is where Spark runs: add --engine spark"):
        CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_no_fault_is_made_up_whose_value_nobody_measured() -> None:
    arguments = ["train", "permeability", "--simulate", "--dry-run", "--augment"]
    with pytest.raises(UserError, match="nobody measured the permeability of those: leave it away"):
        CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.mark.parametrize("name", ["a b", "../oven", "Oven", "7th", "o" * 49])
def test_a_machine_gets_no_name_that_cannot_be_one(name: str, tmp_path: Path) -> None:
    (tmp_path / "oven.csv").write_text("temperature,OK\n70,1\n", encoding="utf-8")
    arguments = ["machines", "new", name, "--csv", str(tmp_path / "oven.csv"), "--label", "OK"]
    with pytest.raises(UserError, match=f"^{re.escape(name)} cannot name a machine: a name begins with a letter"):
        CliRunner().invoke(main, arguments, catch_exceptions=False)
