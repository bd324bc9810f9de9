"""`./run test`: which tests a tier is, and what a soak is told."""

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from core.errors import UserError


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """(arguments, environment) of what would be started."""
    found: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr(os, "execve", lambda _, arguments, environment: found.append((arguments, environment)))
    return found


def test_a_soak_is_told_its_minutes_its_seed_and_where_its_report_goes(
    started: list[tuple[list[str], dict[str, str]]], tmp_path: Path
) -> None:
    report = tmp_path / "soak.json"
    CliRunner().invoke(main, ["test", "--faults", "--soak", "60", "--seed", "7", "--report", str(report)])
    ((arguments, environment),) = started
    assert arguments[-2:] == ["-s", "tests/faults/test_soak.py"]
    told = {name: value for name, value in environment.items() if name.startswith("SOAK_")}
    assert told == {"SOAK_MINUTES": "60.0", "SOAK_SEED": "7", "SOAK_REPORT": str(report)}


def test_the_plain_tier_breaks_nothing_and_needs_no_containers(
    started: list[tuple[list[str], dict[str, str]]],
) -> None:
    CliRunner().invoke(main, ["test", "-k", "incident"])
    ((arguments, _),) = started
    others = ("compose", "compose_long", "faults", "fuzz", "bench", "browser", "helm", "spark", "mlflow", "airflow")
    assert " and ".join(f"not {tier}" for tier in others) in arguments
    assert arguments[-2:] == ["-k", "incident"]


def test_a_soak_without_faults_is_refused() -> None:
    result = CliRunner().invoke(main, ["test", "--soak", "1"])
    assert isinstance(result.exception, UserError)
    assert "--faults --soak" in str(result.exception)


def test_what_takes_long_in_containers_is_asked_for_with_them(
    started: list[tuple[list[str], dict[str, str]]],
) -> None:
    CliRunner().invoke(main, ["test", "--compose"])
    CliRunner().invoke(main, ["test", "--compose", "--long"])
    assert [arguments[4:] for arguments, _ in started] == [["compose"], ["compose or compose_long", "tests/compose"]]
    alone = CliRunner().invoke(main, ["test", "--long"])
    assert "--compose --long" in str(alone.exception)


def test_without_a_browser_its_tests_are_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for path, words in (
        ("", "no Chromium was found"),
        ("/nowhere/chromium", "CHROMIUM=/nowhere/chromium is no program"),
    ):
        monkeypatch.setenv("PATH", "")
        monkeypatch.setenv("CHROMIUM", path)
        result = CliRunner().invoke(main, ["test", "--browser"])
        assert isinstance(result.exception, UserError)
        assert str(result.exception).startswith(f"{words}: install it")


def test_pictures_are_taken_by_a_browser_where_they_are_asked_for(
    started: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHROMIUM", sys.executable)
    CliRunner().invoke(main, ["test", "--browser", "--screenshots", str(tmp_path)])
    ((arguments, environment),) = started
    assert arguments[-1] == "tests/browser/screenshots.py"
    assert (environment["SCREENSHOTS"], environment["CHROMIUM"]) == (str(tmp_path), sys.executable)
    alone = CliRunner().invoke(main, ["test", "--screenshots", str(tmp_path)])
    assert "--browser --screenshots DIR" in str(alone.exception)
