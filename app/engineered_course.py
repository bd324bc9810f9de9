"""The courses of engineered sensors, computed from a device's stored readings."""

from collections.abc import Callable, Mapping

import numpy as np

from core.engineered import engineered
from core.machine import Machine
from core.shown_devices import Course

Courses = Callable[[str, str, int], Course]
"""So many latest readings of a machine's device."""


def with_engineered_courses(machines: Mapping[str, Machine], courses: Courses) -> Courses:
    """The same with the machine's engineered sensors behind those that were stored."""

    def course(machine: str, device: str, count: int) -> Course:
        found = courses(machine, device, count)
        known = machines.get(machine)
        return _computed(known, found) if known and known.engineered else found

    return course


def _computed(machine: Machine, found: Course) -> Course:
    stored = dict(found.sensors)
    absent = [None] * len(found.times)
    columns = [stored.get(name, absent) for name in machine.sensor_names]
    values = engineered(machine.expressions, machine.sensor_names, np.array(columns, dtype=np.float64).T)
    computed = [
        (sensor.name, [None if np.isnan(value) else value for value in column.tolist()])
        for sensor, column in zip(machine.engineered, values.T, strict=True)
    ]
    return Course(found.times, found.scores, [*found.sensors, *computed])
