import importlib

import click
import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, main


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_one_line_in_the_list_and_says_the_same_itself(name: str) -> None:
    command = importlib.import_module(f"app.commands.{name}").command
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
