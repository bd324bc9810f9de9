"""Which of a machine's sensors a model goes by that somebody already has, in its order."""

from collections.abc import Sequence
from typing import Any

from core.errors import UserError
from core.machine import Machine


def places_of(machine: Machine, first: Any, chosen: Sequence[str]) -> tuple[int, ...]:
    """Of each of its columns, where that sensor stands among the machine's; `first`: its first step.

    `chosen`: the sensors in its order, as a person said them; empty: all of the machine's. UserError where they are
    others, and says how to say them.
    """
    if not hasattr(first, "n_features_in_"):
        raise UserError(f"the {type(first).__name__} was never fitted")
    names = [str(name) for name in getattr(first, "feature_names_in_", ())]
    count = int(first.n_features_in_)
    if not chosen:
        if count == len(machine.sensors) and names in ([], _columns(machine, machine.sensor_names)):
            return tuple(range(count))
        raise UserError(_other_columns(machine, names, count))
    if unknown := next((name for name in chosen if name not in machine.sensor_names), None):
        raise UserError(f"--sensors {unknown}: {machine.name} has no such sensor; it has {_listed(machine)}")
    if twice := next((name for name in chosen if chosen.count(name) > 1), None):
        raise UserError(f"--sensors names {twice} twice: each of the model's columns is another sensor")
    if len(chosen) != count:
        raise UserError(f"--sensors names {len(chosen)} sensors, and the model goes by {count} columns: name as many")
    for name, sensor in zip(names, chosen, strict=False):
        if (meant := _sensor_of(machine, name)) not in (None, sensor):
            raise UserError(
                f"--sensors says {', '.join(chosen)}, and the model itself {', '.join(names)}: name {meant} where it"
                " stands there"
            )
    return tuple(machine.sensor_names.index(name) for name in chosen)


def _other_columns(machine: Machine, names: Sequence[str], count: int) -> str:
    said = f"{count} columns" + (f", {', '.join(names)}" if names else "")
    return (
        f"the model goes by {said}; the file of {machine.name} has {_listed(machine)}: say which of them its columns"
        f" are, in its order, such as --sensors {','.join(_suggested(machine, names, count))}"
    )


def _suggested(machine: Machine, names: Sequence[str], count: int) -> Sequence[str]:
    """What the model's own names say; else the sensors that every reading has, where there are so many."""
    meant = [_sensor_of(machine, name) for name in names]
    if known := [name for name in meant if name is not None]:
        return known
    required = [sensor.name for sensor in machine.sensors if not sensor.optional]
    return required if len(required) == count else machine.sensor_names[:count]


def _sensor_of(machine: Machine, column: str) -> str | None:
    """By its name, or by that of its column in training files; None: neither is one's."""
    columns = dict(zip(_columns(machine, machine.sensor_names), machine.sensor_names, strict=True))
    return column if column in machine.sensor_names else columns.get(column)


def _columns(machine: Machine, sensors: Sequence[str]) -> list[str]:
    return [machine.csv.columns.get(name, name) for name in sensors]


def _listed(machine: Machine) -> str:
    return ", ".join(_columns(machine, machine.sensor_names))
