"""What makes each simulated device its own, and what all devices of a machine have in common."""

import zlib
from dataclasses import dataclass

import numpy as np

from core.batch import Floats
from core.machine import Machine

_ODD_ONE_IN = 10
_ODD_LEVEL = (0.30, 0.42)
"""How far off the middle an odd device runs, in widths of the usual range, whose edge is at 0.5."""


@dataclass(frozen=True, slots=True)
class Traits:
    """One device a row, shape (devices, sensors), in widths of the sensor's usual range."""

    level: Floats
    """Where the device runs, off the middle of the usual range."""
    noise: Floats
    """Standard deviation of its noise."""
    wander: Floats
    """Standard deviation of its slow wander."""
    daily: Floats
    """Amplitude of its daily rhythm."""


def draw_traits(machine: Machine, devices: int, random: np.random.Generator) -> Traits:
    """No two devices are alike; one in ten is odd: it runs, healthy, where the first signs of a fault would show."""
    shape = (devices, len(machine.sensors))
    level = np.clip(random.normal(0, 0.09, shape), -0.25, 0.25)
    for device in random.permutation(devices)[: round(devices / _ODD_ONE_IN)]:
        sensor, direction = _sign_of_a_fault(machine, random)
        level[device, sensor] = direction * random.uniform(*_ODD_LEVEL)
    return Traits(
        level=level,
        noise=0.05 * random.lognormal(0, 0.3, shape),
        wander=0.04 * random.lognormal(0, 0.3, shape),
        daily=0.04 * random.uniform(0.5, 1.5, shape),
    )


def _sign_of_a_fault(machine: Machine, random: np.random.Generator) -> tuple[int, float]:
    """A sensor and the direction in which a fault would move it."""
    pushes = [push for fault in machine.faults for push in fault.pushes]
    if not pushes:
        return int(random.integers(len(machine.sensors))), 1.0
    push = pushes[random.integers(len(pushes))]
    return machine.sensor_names.index(push.sensor), float(np.sign(push.by))


@dataclass(frozen=True, slots=True)
class Physics:
    """What is the same for all devices of a machine, whatever the seed: a model may learn it from other devices."""

    mixing: Floats
    """Shape (sensors, sensors): makes independent noise of variance 1 correlated noise of variance 1."""
    phase: Floats
    """Shape (sensors,): when in the day each sensor is highest, in radians."""


def physics_of(machine: Machine) -> Physics:
    """Drawn from the machine's name."""
    random = np.random.default_rng(zlib.crc32(machine.name.encode()))
    sensors = len(machine.sensors)
    mixing = np.eye(sensors) + random.normal(0, 1 / np.sqrt(sensors), (sensors, sensors))
    return Physics(mixing / np.linalg.norm(mixing, axis=1, keepdims=True), random.uniform(0, 2 * np.pi, sensors))
