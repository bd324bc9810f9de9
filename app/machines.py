"""The machines' files."""

from collections.abc import Mapping
from pathlib import Path

from core.errors import UserError
from core.machine import Machine
from core.machine_file import parse_machine


def load_machines(folder: Path) -> dict[str, Machine]:
    """Every machine of the folder by name. UserError names the file and line that is wrong, or a topic named twice."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise UserError(f"no machine in {folder}: MACHINES_DIRECTORY must name a folder of *.toml files")
    machines = {file.stem: _load(file) for file in files}
    owners: dict[str, str] = {}
    for machine in machines.values():
        for topic in machine.topics:
            if (other := owners.setdefault(topic, machine.name)) != machine.name:
                raise UserError(f"{folder}: the topic {topic} belongs to {other} and to {machine.name}; change one")
    return machines


def pick_machine(machines: Mapping[str, Machine], name: str) -> Machine:
    """The machine of that name. UserError lists the names there are."""
    try:
        return machines[name]
    except KeyError:
        raise UserError(f"no machine named {name}: there are {', '.join(machines)}") from None


def _load(file: Path) -> Machine:
    try:
        return parse_machine(file.read_text(encoding="utf-8"), file.stem, str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}") from error
