"""What two models would raise on the latest readings, most of which nobody has judged."""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from core.batch import Batch, Flags, Floats, Integers
from core.comparison import Judge
from core.incident import Opened, judge
from core.incident_policy import IncidentPolicy
from core.machine import Machine
from core.prediction import ModelVersion, Predictions

COUNT = 50_000
"""Readings that are looked at."""


@dataclass(frozen=True, slots=True)
class Recent:
    """A machine's latest readings, shape (n,) a column; each device's in order."""

    devices: Integers
    times: Integers
    """Event times, microseconds since 1970 UTC."""
    sensors: Floats
    """Shape (n, sensors) in the machine's order; NaN for absent."""
    quality: Flags

    def __len__(self) -> int:
        return len(self.times)

    def batch(self) -> Batch:
        """As the rules of incidents read them, an offset each."""
        count = len(self)
        return Batch(
            topic="",
            partitions=np.zeros(count, dtype=np.int64),
            offsets=np.arange(count, dtype=np.int64),
            ids=np.zeros(count, dtype="V16"),
            devices=(),
            times=self.times,
            sensors=self.sensors,
            quality=self.quality,
            extras=(),
            runs=(),
            dead_letters=(),
        )


class RecentReadings(Protocol):
    """Where they come from."""

    def latest(self, machine: Machine, count: int) -> Recent:
        """About so many, evenly from all partitions; none where nothing was read yet."""


class RecentAlarms(NamedTuple):
    """Incidents that the models would open."""

    readings: int
    champion: int
    challenger: int
    new: int
    """Of the challenger's: more than the champion's on the same device."""


def no_readings(machine: Machine) -> Recent:
    """Of a machine that has not spoken yet."""
    none = np.empty(0, dtype=np.int64)
    return Recent(none, none, np.empty((0, len(machine.sensors))), none.astype(np.int16))


def recent_alarms(recent: Recent, policy: IncidentPolicy, champion: Judge, challenger: Judge) -> RecentAlarms:
    """Every device healthy at first."""
    if not len(recent):
        return RecentAlarms(0, 0, 0, 0)
    before, after = (_opened(recent, policy, model) for model in (champion, challenger))
    return RecentAlarms(len(recent), before.total(), after.total(), (after - before).total())


def _opened(recent: Recent, policy: IncidentPolicy, model: Judge) -> "Counter[int]":
    """Device → incidents."""
    scores, faults = model(recent.sensors)
    classes = np.zeros(len(scores), dtype=np.int16)
    predictions = Predictions(ModelVersion("", 0), scores, classes, faults).only(recent.quality == 0)
    events = judge(recent.batch(), recent.devices, predictions, {}, policy).events
    return Counter(event.device for event in events if isinstance(event, Opened))
