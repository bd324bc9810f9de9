"""Which column of a file holds what."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.errors import UserError
from core.machine import Machine
from core.named_columns import named_columns

_FIELDS = ("device", "time", "label")


class Layout(NamedTuple):
    """A column's name for each thing; None where the file has no such column."""

    sensors: Sequence[str | None]
    """In the machine's order; only optional ones may be None."""
    device: str | None
    time: str | None
    label: str | None


def find_layout(
    source: object, columns: Sequence[str], machine: Machine, mapping: Mapping[str, str], dialect: str
) -> Layout:
    """Where the file with these columns holds the machine's readings.

    `mapping`: name → column, before what the machine's file says; the names are its sensors, `device`, `time`, `label`.
    UserError names what is missing and what there is.
    """
    names = [*machine.sensor_names, *_FIELDS]
    if unknown := [name for name in mapping if name not in names]:
        raise UserError(f"--map {unknown[0]}=…: {machine.name} has no such sensor; there are {', '.join(names)}")
    wanted = {
        **{name: machine.csv.columns.get(name, name) for name in machine.sensor_names},
        "device": machine.csv.device,
        "time": machine.csv.time,
        "label": machine.labels.column,
        **mapping,
    }
    required = {sensor.name for sensor in machine.sensors if not sensor.optional} | set(mapping)
    if missing := [name for name in names if name in required and wanted[name] not in columns]:
        listed = ", ".join(f"{wanted[name]!r} ({name})" for name in missing)
        raise UserError(
            f"{source} has no column {listed}; it has {named_columns(columns)}{dialect}:"
            f" name columns with --map {missing[0]}=COLUMN or in the machine's file"
        )
    found = {name: column if column in columns else None for name, column in wanted.items()}
    return Layout([found[name] for name in machine.sensor_names], found["device"], found["time"], found["label"])
