"""The image that every process of ours runs in."""

import re

import pytest

from app.wiring import ROOT
from tests.compose.installation import Installation

pytestmark = [pytest.mark.compose, pytest.mark.timeout(480)]

COMPILERS = "cc gcc g++ c++ clang ld as make cmake go rustc cargo gfortran cython"
MOST_MB = 900


def test_no_compiler_is_in_it(installation: Installation) -> None:
    assert installation.inside("trainer", "command -v sh"), "what is there is found"
    found = installation.inside("trainer", f"for tool in {COMPILERS}; do command -v $tool || true; done")
    assert found.split() == []


def test_nothing_is_in_it_that_no_process_of_ours_needs(installation: Installation) -> None:
    held = installation.inside("trainer", "ls /app").split()
    assert not {"tests", "local", "bench", ".git", ".env", "docs"} & set(held), held
    assert "pip" not in installation.inside("trainer", "ls /opt/venv/bin").split()


def test_its_labels_say_what_it_is(installation: Installation) -> None:
    labels = installation.image()["Config"]["Labels"]
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version
    wanted = {"title": "Faultline", "licenses": "Apache-2.0", "version": version.group(1)}
    assert {name: labels[f"org.opencontainers.image.{name}"] for name in wanted} == wanted


def test_its_size_is_reported_and_bounded(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    megabytes = int(installation.image()["Size"]) / 1e6
    with capsys.disabled():
        print(f" [{megabytes:.0f} MB] ", end="")
    assert 100 < megabytes < MOST_MB
