"""Sensor faults: readings whose sensors cannot be right become one trouble of their device, as faults become incidents.

One incident a device, whichever of its sensors are doubtful: a loose plug or a gateway takes several at once, and
somebody goes there once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.batch import Batch, Flags, Integers, Quality
from core.incident import HEALTHY, DeviceState, Judgement, Opened, judge, rows_that_matter
from core.machine import Machine
from core.prediction import ModelVersion, Predictions
from core.sensor_words import Finding, found_in

DOUBTFUL = Quality.SENSOR_MISSING | Quality.OUT_OF_RANGE | Quality.STUCK
"""What speaks of a sensor. A reading of a wrong time says nothing about its sensors."""
_UNTIMELY = Quality.FUTURE | Quality.LATE


class Doubts(NamedTuple):
    """Which sensors of a batch cannot be right, one entry each, in the order of rows: shape (d,) a column."""

    rows: Integers
    sensors: Integers
    """Their places in the machine's order."""
    why: Flags
    """One of the flags in DOUBTFUL."""


_NONE = np.empty(0, dtype=np.int64)
NO_DOUBTS = Doubts(_NONE, _NONE, np.empty(0, dtype=np.int16))


class Window(NamedTuple):
    """One doubt about one sensor among a device's last n readings."""

    sensor: int
    why: int
    bits: int
    """The newest reading lowest."""


@dataclass(frozen=True, slots=True)
class SensorState:
    """All that is remembered of a device's sensors; the default needs no row in the database."""

    course: DeviceState = HEALTHY
    """Its `faults` are readings with a doubtful sensor."""
    windows: tuple[Window, ...] = ()
    """Ordered by sensor."""


ALL_WELL = SensorState()


@dataclass(slots=True)
class SensorJudgement:
    """What a batch means for the sensors of its devices."""

    judgement: Judgement = field(default_factory=Judgement)
    states: dict[int, SensorState] = field(default_factory=dict)
    """Those that changed."""
    findings: dict[int, Finding] = field(default_factory=dict)
    """By the row with which an incident opened, what was seen until then."""


def judge_sensors(
    batch: Batch, devices: Integers, doubts: Doubts, states: Mapping[int, SensorState], machine: Machine
) -> SensorJudgement:
    """Advance the sensor faults of the batch's `devices` (ids, shape (n,)). Pure: `states` is read, never changed.

    Where no sensor is doubtful and nothing is remembered, it costs nothing.
    """
    if not len(doubts.rows) and not any(state != ALL_WELL for state in states.values()):
        return SensorJudgement()
    policy = machine.sensor_faults
    verdicts = _verdicts(batch, machine)
    courses = {device: state.course for device, state in states.items()}
    judgement = judge(batch, devices, verdicts, courses, policy)
    openings: dict[int, list[int]] = {}
    for event in judgement.events:
        if isinstance(event, Opened):
            openings.setdefault(event.device, []).append(event.row)
    result = SensorJudgement(judgement)
    for device, rows in rows_that_matter(devices, verdicts, courses):
        before = states.get(device, ALL_WELL)
        for row in openings.get(device, ()):
            seen = _windows(before.windows, rows[rows <= row], doubts, policy.of_last)
            result.findings[row] = found_in(seen, batch.sensors[row], machine)
        course = judgement.states.get(device, before.course)
        windows = () if course == HEALTHY else _windows(before.windows, rows, doubts, policy.of_last)
        if (state := SensorState(course, windows)) != before:
            result.states[device] = state
    return result


def _verdicts(batch: Batch, machine: Machine) -> Predictions:
    """Doubtful readings in the words of incidents: they are the faults; untimely ones say nothing."""
    timely = batch.quality & _UNTIMELY == 0
    return Predictions(
        ModelVersion(machine.name, 0),
        np.where(timely, 0.0, np.nan),
        np.zeros(len(batch), dtype=np.int16),
        timely & (batch.quality & DOUBTFUL != 0),
    )


def _windows(before: tuple[Window, ...], rows: Integers, doubts: Doubts, of_last: int) -> tuple[Window, ...]:
    """The windows after these rows of the device; at most n of them are looked at."""
    full = (1 << of_last) - 1
    bits = {(sensor, why): old << min(len(rows), of_last) & full for sensor, why, old in before}
    for age, row in enumerate(rows[: -of_last - 1 : -1].tolist()):
        for doubt in _doubts_of(row, doubts):
            bits[doubt] = bits.get(doubt, 0) | 1 << age
    return tuple(sorted(Window(*doubt, seen) for doubt, seen in bits.items() if seen))


def _doubts_of(row: int, doubts: Doubts) -> Iterator[tuple[int, int]]:
    first, last = np.searchsorted(doubts.rows, (row, row + 1)).tolist()
    return zip(doubts.sensors[first:last].tolist(), doubts.why[first:last].tolist(), strict=True)
