import importlib
import sys

import click
import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, main, run


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_one_line_in_the_list_and_says_the_same_itself(name: str) -> None:
    command = importlib.import_module(f"app.commands.{name.replace('-', '_')}").command
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
    ],
)
def test_a_number_that_no_server_could_hold_exits_with_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "is not in the range" in result.output


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
