"""Rolling sensors as a person would work them out, one reading after the other."""

import math
from collections.abc import Sequence

from core.machine import Machine

Looked = tuple[str, Sequence[float], bool]
"""A reading in the log's order: its device, all its sensors, and whether it is neither late nor from the future."""


def worked_out(machine: Machine, log: Sequence[Looked], within: int = 20_000) -> list[list[float]]:
    """Of each reading its sensors, those that are rolling computed anew."""
    found = []
    for place, (device, sensors, timely) in enumerate(log):
        row = list(sensors)
        for column, sensor in enumerate(machine.sensors):
            if sensor.rolling is not None:
                row[column] = math.nan
                source = machine.sensor_names.index(sensor.rolling.of)
                length = sensor.rolling.readings
                before = [
                    (at, other[source])
                    for at, (name, other, counts) in enumerate(log[: place + 1])
                    if counts and name == device
                ][-length:]
                if timely and len(before) == length and before[0][0] > place - within:
                    limits = machine.sensors[source].minimum, machine.sensors[source].maximum
                    row[column] = _of(
                        [value if limits[0] <= value <= limits[1] else math.nan for _, value in before],
                        sensor.rolling.function,
                    )
        found.append(row)
    return found


def _of(window: list[float], function: str) -> float:
    known = [value for value in window if value == value]
    if 2 * len(known) < len(window):
        return math.nan
    if function == "change":
        return window[-1] - window[0]
    if function in ("min", "max"):
        return (min if function == "min" else max)(known)
    mean = _total(known) / len(known)
    off = [value - mean for value in known]
    return mean if function == "mean" else math.sqrt(_total([value * value for value in off]) / len(known))


def _total(values: list[float]) -> float:
    """From the oldest on, one after the other: Python's own `sum` carries what is lost on the way."""
    total = 0.0
    for value in values:
        total += value
    return total
