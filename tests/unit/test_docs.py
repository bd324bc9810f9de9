"""The documents and the code say the same."""

import re
from pathlib import Path

import pytest

from app.cli import COMMANDS
from app.wiring import ROOT
from tests.documents import sections

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_into_the_project_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text) + re.findall(r'<img src="([^"]+)"', text):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_is_shown_exists(document: Path) -> None:
    for command in re.findall(r"(?:\./run|faultline) ([a-z-]+)", document.read_text(encoding="utf-8")):
        assert command in COMMANDS


@pytest.mark.parametrize("document", ["quickstart.md", "operations.md"])
def test_every_section_that_shows_commands_is_typed_by_a_test_to_its_last_one(document: str) -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    shown = [heading for heading, commands in sections(document).items() if commands]
    assert len(shown) > 1
    for heading in shown:
        assert f'"{document}", "{heading}"' in tests, heading


def test_every_row_of_the_table_of_deaths_names_a_test_that_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    actors = "producer|consumer|replay|retention|dispatcher|bot|page|trainer"
    rows = [line for line in text.splitlines() if re.match(rf"\| ({actors}):", line)]
    assert len(rows) >= 12
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for row in rows:
        shown_by = row.rstrip("|").rsplit("|", 1)[1]
        names = re.findall(r"`(test_\w+)`", shown_by)
        assert names, row
        assert all(f"def {name}(" in tests for name in names), row
