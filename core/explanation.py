"""Why a model says what it says of a reading: which sensors pushed its prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from core.batch import Floats
from core.defect import LikelyDefect
from core.engineered import with_engineered
from core.machine import Machine
from core.prediction import ModelVersion, UsualRange
from core.severity import Severity
from core.target import PredictedValue, Target, predicted


class Scale(StrEnum):
    """What a margin counts in: a model's own answer, before calibration made a probability of it."""

    LOG_ODDS = "log-odds"
    """Any number; 0 stands for as likely as not."""
    SHARE = "share"
    """Of the votes of a forest's trees: 0 to 1."""
    ABNORMALITY = "abnormality"
    """0 to 1, with 0.5 on the border of what is normal: of a model that knows normal readings alone."""
    VALUE = "value"
    """The predicted value, in its unit."""


class Contributions(NamedTuple):
    """Margins of n rows taken apart: `base` and all pushes of a row add up to its margin."""

    scale: Scale
    base: float
    """What the model says while it knows nothing of the reading."""
    pushes: Floats
    """Shape (n, inputs) in the machine's order, engineered ones last; above 0: towards a fault, or a higher value."""


@dataclass(frozen=True, slots=True)
class SensorPush:
    """How far one sensor of a reading pushed."""

    sensor: str
    value: float | None
    """None: absent; the model went by its middle value."""
    unit: str
    usual: UsualRange | None
    """None: no healthy reading ever held this sensor."""
    push: float


class PushedRow(NamedTuple):
    """What pushed one row's prediction."""

    spoke_for: str
    """The defect that the pushes are about, or the higher or lower value; empty: a fault."""
    sensors: Sequence[SensorPush]
    """The strongest push towards that first."""


@dataclass(frozen=True, slots=True)
class ScoredReading:
    """A stored reading and what was said of it."""

    version: ModelVersion
    """That scored it."""
    device: str
    time: datetime
    sensors: Sequence[float]
    """In the machine's order; NaN for absent."""
    probability: float
    severity: Severity | None
    """Of its incident, by now; None: it is in none."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reading and what pushed its prediction."""

    reading: ScoredReading
    scale: Scale
    base: float
    sensors: Sequence[SensorPush]
    """The strongest push towards a fault first; of a machine with several defects, towards the likeliest one."""
    defects: Sequence[LikelyDefect] = ()
    """Of a machine with several, the likeliest first."""
    spoke_for: str = ""
    """The defect that the pushes are about, or the higher or lower value; empty: a fault."""
    value: PredictedValue | None = None
    """Of a machine whose value is predicted."""

    @property
    def margin(self) -> float:
        """What base and pushes add up to: the model's answer before calibration."""
        return self.base + sum(sensor.push for sensor in self.sensors)


def explanation(
    machine: Machine,
    usual: Mapping[str, UsualRange],
    reading: ScoredReading,
    found: Contributions,
    defects: Sequence[LikelyDefect] = (),
    spoke_for: str = "",
    value: PredictedValue | None = None,
) -> Explanation:
    """The reading's contributions, of one row, with the sensors' names, units and usual ranges."""
    (sensors,) = pushes_of(machine, usual, np.array([reading.sensors], dtype=np.float64), found)
    return Explanation(reading, found.scale, found.base, sensors, defects, spoke_for, value)


def value_explanation(
    machine: Machine, usual: Mapping[str, UsualRange], reading: ScoredReading, found: Contributions, value: float
) -> Explanation:
    """The reading's contributions to a predicted value, turned so that pushes above 0 led to the limit it is nearer to.

    Towards a low limit base and pushes change their signs, and the margin is the value's negative.
    """
    assert machine.target is not None, "it is of a machine whose value is predicted"
    towards, turned = towards_limit(machine.target, found, value)
    shown = predicted(machine.target, value)
    return explanation(machine, usual, reading, turned, spoke_for=towards, value=shown)


def towards_limit(target: Target, found: Contributions, value: float) -> tuple[str, Contributions]:
    """Contributions to a predicted value, turned towards the limit it is nearer to; first what they then speak for."""
    if not predicted(target, value).nearer_to_low:
        return f"a higher {target.name}", found
    return f"a lower {target.name}", Contributions(found.scale, -found.base, -found.pushes)


def pushes_of(
    machine: Machine, usual: Mapping[str, UsualRange], rows: Floats, found: Contributions
) -> Sequence[Sequence[SensorPush]]:
    """Of each row of shape (n, sensors) its sensors with names, units and usual ranges, the strongest push first."""
    explained = []
    for values, pushes in zip(with_engineered(machine, rows).tolist(), found.pushes.tolist(), strict=True):
        sensors = [
            SensorPush(sensor.name, None if np.isnan(value) else value, sensor.unit, usual.get(sensor.name), push)
            for sensor, value, push in zip(machine.inputs, values, pushes, strict=True)
        ]
        explained.append(sorted(sensors, key=lambda sensor: -sensor.push))
    return explained
