"""`sbom`: the bill of materials of what the image holds."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from app.new_file import NewFile
from app.table import table
from app.wiring import ROOT
from core.errors import UserError

_TOOL = [
    *("-m", "cyclonedx_py", "environment", "--pyproject", "pyproject.toml", "--output-reproducible"),
    *("--spec-version", "1.6", "--output-format", "JSON", "--no-validate"),  # a test validates what is left of it
]
_UNSTATED = "not stated"


@click.command(short_help="What the image holds: packages, versions, licences.")
@click.option("--output", type=NewFile(), help="Write it there.")
@click.option("--licences", is_flag=True, help="As a table instead: package, version, licence.")
def command(output: Path | None, licences: bool) -> None:
    """The bill of materials of the packages in the image, as CycloneDX 1.6 in JSON.

    They are those that requirements.txt locks and this platform installs; the environment of ./run holds tools of
    development too, which are not listed.
    """
    bill = bill_of_materials((ROOT / "requirements.txt").read_text(encoding="ascii"))
    if licences:
        told = table([("package", "version", "licence"), *_rows(bill)]).encode()
    else:
        told = msgspec.json.format(msgspec.json.encode(bill), indent=2)
    if output is None:
        click.echo(told)
    else:
        output.write_bytes(told)


def bill_of_materials(requirements: str) -> dict[str, Any]:
    """What is installed here of these locked requirements. UserError where the tool fails or finds other versions."""
    done = subprocess.run([sys.executable, *_TOOL, sys.executable], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise UserError(f"the bill of materials cannot be made: {done.stderr.decode(errors='replace').strip()[-300:]}")
    bill: dict[str, Any] = msgspec.json.decode(done.stdout)
    pins = {(_name(name), version) for name, version in _PIN.findall(requirements)}
    locked = {name for name, _ in pins}
    components = [one for one in bill["components"] if _name(one["name"]) in locked]
    for one in components:
        if (_name(one["name"]), one["version"]) not in pins:
            raise UserError(f"{one['name']} {one['version']} is installed, and another one is locked: call ./run again")
    kept = {one["bom-ref"] for one in components}
    root = bill["metadata"]["component"]["bom-ref"]
    bill["components"] = components
    bill["dependencies"] = list(_among(bill["dependencies"], {*kept, root}))
    return bill


def licence_of(component: dict[str, Any]) -> str:
    """As the package states it: an SPDX identifier or expression, else the words of its classifier."""
    stated = component.get("licenses", [])
    words = [one.get("expression") or _words(one["license"]) for one in stated]
    # What says more than a classifier stands beside it.
    return " / ".join(dict.fromkeys(word.removeprefix("License :: OSI Approved :: ") for word in words)) or _UNSTATED


def _words(licence: dict[str, str]) -> str:
    return licence.get("id") or licence.get("name", _UNSTATED)


def _rows(bill: dict[str, Any]) -> Sequence[tuple[str, str, str]]:
    rows = ((one["name"], one["version"], licence_of(one)) for one in bill["components"])
    return sorted(rows, key=lambda row: row[0].lower())


def _among(dependencies: Sequence[dict[str, Any]], kept: set[str]) -> Iterator[dict[str, Any]]:
    for one in dependencies:
        if one["ref"] in kept:
            yield {"ref": one["ref"], "dependsOn": [other for other in one.get("dependsOn", ()) if other in kept]}


_PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
