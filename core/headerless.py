"""Files without a header: their columns are told by how many there are."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import UserError
from core.machine import Machine


def sensor_columns(machine: Machine) -> Sequence[str]:
    """The columns of the sensors, in the order of the machine's file; flags of one number share theirs."""
    return list(dict.fromkeys(machine.csv.columns.get(name, name) for name in machine.sensor_names))


def label_columns(machine: Machine) -> Sequence[str]:
    """The columns that say what a reading was: a label, one of each defect, or what was measured."""
    if machine.target:
        return [machine.target.column or machine.target.name]
    if machine.labels.one_hot:
        return [defect.name for defect in machine.defects]
    return [machine.labels.column]


def known_counts(machine: Machine) -> tuple[int, int]:
    """How many columns such a file may have: those of the sensors alone, and with the labels behind them."""
    sensors = len(sensor_columns(machine))
    return sensors, sensors + len(label_columns(machine))


def headerless_columns(file: Path | str, count: int, machine: Machine, *, labels_needed: bool) -> list[str]:
    """The names of so many columns of a file without a header: the sensors, and behind them the labels.

    UserError where it is another number; without labels are readings alone, which teach nothing (`labels_needed`).
    """
    sensors = sensor_columns(machine)
    labelled = [*sensors, *label_columns(machine)]
    if count == len(labelled):
        return labelled
    if count == len(sensors) and not labels_needed:
        return list(sensors)
    without = "" if labels_needed else f", or the first {len(sensors)} alone"
    raise UserError(
        f"{file} has {count} columns, read with the separator {machine.csv.separator!r}, and no header to name them:"
        f" the file of {machine.name} says that there are {len(labelled)}, {', '.join(labelled)}{without}"
    )
