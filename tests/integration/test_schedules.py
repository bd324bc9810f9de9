"""The examples of what is run by the clock: each command is run as it stands there."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from app.wiring import ROOT
from tests.processes import run

SCHEDULE = ROOT / "deploy" / "schedule"
_FIELD = r"(\*|\d+)(/\d+)?"
_LINE = re.compile(rf"^\s*((?:{_FIELD}\s+){{5}})(.+)$")


def _crontab() -> Iterator[str]:
    """The commands, as cron hands them to a shell."""
    for line in (SCHEDULE / "crontab").read_text().splitlines():
        if line.strip() and not line.startswith("#") and "=" not in line.split()[0]:
            found = _LINE.match(line)
            assert found, f"five fields of time and a command: {line}"
            yield found[found.lastindex or 0].replace(r"\%", "%")


@pytest.fixture
def installed(environment: Mapping[str, str], csv_file: str, tmp_path: Path) -> Mapping[str, str]:
    """An installation with a model."""
    trained = run(["train", "equipment", "--csv", csv_file, "--model", "lr"], environment)
    assert trained.returncode == 0, trained.stderr
    folder = tmp_path / "backups"
    folder.mkdir()
    return {**environment, "FAULTLINE": str(ROOT), "BACKUPS": str(folder)}


def test_each_line_of_the_crontab_does_its_work(installed: Mapping[str, str]) -> None:
    commands = list(_crontab())
    assert len(commands) == 3
    said = [
        subprocess.run(["sh", "-c", one], env={**os.environ, **installed}, capture_output=True, text=True, check=False)
        for one in commands
    ]
    assert [done.returncode for done in said] == [0, 0, 0], [done.stderr for done in said]
    backup, retention, rehearsal = (done.stdout for done in said)
    assert "backed up to" in backup
    assert "nothing is older than 90 days" in retention
    assert "request 1 is pending" in rehearsal


def test_what_kubernetes_runs_by_the_clock_are_commands_that_do_their_work(installed: Mapping[str, str]) -> None:
    jobs = yaml.safe_load((SCHEDULE / "kubernetes.yaml").read_text())["schedule"]
    for job in jobs.values():
        done = run(job["arguments"], installed)
        assert done.returncode == 0, done.stderr
