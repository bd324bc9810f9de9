"""Whether readings still look like those that a model learnt from: how far each sensor moved, and how sure that is."""

import math

import numpy as np
from msgspec import Struct

from core.batch import Bools, Floats, Integers
from core.history import History
from core.machine import Machine
from core.prediction import ModelVersion

ENOUGH = 300
"""Fewer readings say nothing."""
PSI_LIMIT = 0.25
"""A major shift, by Siddiqi (Credit Risk Scorecards, 2006); from 0.1 on it is a slight one."""
SURE = 0.001
"""Probability of chance below which a difference is one. Beside PSI or a share's rise, never alone: of ten thousand
readings every difference is significant, however small."""
SHARE_LIMIT = 0.05
"""By how much a share has to rise."""
_POINTS = 101
_SHARE_FLOOR = 0.001
"""For bins that hold nothing, whose logarithm would be infinite."""
_SURE_SIGMAS = 3.09
"""One-sided, of a normal distribution at SURE."""


class SensorReference(Struct, frozen=True, forbid_unknown_fields=True):
    """What a sensor read in the healthy rows that a model learnt from."""

    quantiles: tuple[float, ...]
    """From the lowest to the highest value, 101 in even steps; none where it never read."""
    missing: float
    """Share of the rows without it."""
    outside: float
    """Share of the rows in which it read what no real sensor can."""
    among: float = 0.0
    """Share of its variance that lies among the devices."""


class Reference(Struct, frozen=True, forbid_unknown_fields=True):
    """What the readings were like that a model learnt from; kept in its manifest."""

    rows: int
    sensors: dict[str, SensorReference]
    devices: int = 1


class Share(Struct, frozen=True):
    """A share of the readings, now and among those that the model learnt from."""

    now: float
    before: float
    of: int
    """So many that have it or not: devices, where there are several, for one that has it has it in many readings."""

    @property
    def rose(self) -> bool:
        """By so much that it matters, and beyond chance."""
        deviation = math.sqrt(max(self.before * (1 - self.before), 1 / max(self.of, 1)) / max(self.of, 1))
        return self.now - self.before >= max(SHARE_LIMIT, _SURE_SIGMAS * deviation)


class SensorDrift(Struct, frozen=True):
    """One sensor now, beside what the model learnt from."""

    sensor: str
    missing: Share
    outside: Share
    psi: float | None = None
    """Population stability index; None: too few values to say, as of the next four."""
    distance: float | None = None
    """Between the two distributions, as Kolmogorov and Smirnov measure it."""
    chance: float | None = None
    """Probability that no more than chance made the distance."""
    median: float | None = None
    median_before: float | None = None

    @property
    def moved(self) -> bool:
        """By so much that it matters, and beyond chance."""
        return self.psi is not None and self.chance is not None and self.psi >= PSI_LIMIT and self.chance < SURE

    @property
    def is_past_limit(self) -> bool:
        """Whether the model no longer sees what it learnt from."""
        return self.moved or self.missing.rose or self.outside.rose


class Drift(Struct, frozen=True):
    """All sensors of a machine, and what the model makes of them."""

    version: ModelVersion
    readings: int
    sensors: tuple[SensorDrift, ...]
    alarms: Share
    """Of readings over the threshold; before: of the normal ones of the hold-out."""


def reference_of(machine: Machine, history: History) -> Reference:
    """Of the healthy rows. Six significant digits: a manifest stays small."""
    healthy = history.sensors[~history.fault]
    names, devices = np.unique(np.array(history.devices)[~history.fault], return_inverse=True)
    sensors = {}
    for sensor, column in zip(machine.sensors, healthy.T, strict=True):
        finite = np.isfinite(column)
        read = column[finite]
        quantiles = np.quantile(read, np.linspace(0, 1, _POINTS)) if len(read) else np.empty(0)
        sensors[sensor.name] = SensorReference(
            tuple(float(f"{value:.6g}") for value in quantiles.tolist()),
            missing=_share(np.isnan(column)),
            outside=_share((column < sensor.minimum) | (column > sensor.maximum)),
            among=among_devices(read, devices[finite]),
        )
    return Reference(len(healthy), sensors, len(names))


def among_devices(values: Floats, devices: Integers) -> float:
    """The share of the values' variance, shape (n,), that lies among the devices: 1 where each has one of its own."""
    total = float(values.var()) if len(values) else 0.0
    if total == 0:
        return 0.0
    places = np.unique(devices, return_inverse=True)[1]
    counts = np.bincount(places)
    means = np.bincount(places, weights=values) / counts
    return min(1.0, float(np.average((means - values.mean()) ** 2, weights=counts)) / total)


def worth(readings: int, devices: int, among: float) -> float:
    """How many independent readings so many of so few devices are worth.

    By the design effect of samples in clusters (Kish, Survey Sampling, 1965).
    """
    return readings / (1 + (readings / devices - 1) * among)


def psi(reference: Floats, values: Floats) -> float:
    """The population stability index of values, shape (n,), against quantiles in even steps, shape (m,).

    Bins are tenths of the reference; where it hardly varies, values below its lowest have one of their own.
    """
    edges = reference[len(reference) // 10 :: len(reference) // 10][:9]
    if edges[0] == reference[0]:
        edges = np.append(np.nextafter(reference[0], -np.inf), edges)
    edges = np.unique(edges)
    expected, found = (
        np.maximum(np.bincount(np.searchsorted(edges, some), minlength=len(edges) + 1) / len(some), _SHARE_FLOOR)
        for some in (reference, values)
    )
    return float(np.sum((found - expected) * np.log(found / expected)))


def _share(rows: Bools) -> float:
    return float(np.mean(rows)) if len(rows) else 0.0
