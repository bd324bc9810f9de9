"""Incidents: consecutive faults of one device seen as one trouble. Decided from the log's order, never from a clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.batch import Batch, Bools, Integers
from core.machine import IncidentPolicy
from core.prediction import Predictions


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when in the log something happened to a device."""

    partition: int
    offset: int
    time: int
    """Event time, microseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """All that is remembered of a device; the default needs no row in the database."""

    window: int = 0
    """Faults among the last n readings as bits, the newest lowest."""
    normals: int = 0
    """Readings in a row without a fault, counted while an incident is open."""
    since: Moment | None = None
    """The first fault since the window was last clear."""
    last: Moment | None = None
    """The newest fault."""
    faults: int = 0
    """Faults since `since`."""
    peak: float = 0.0
    """The highest score since `since`."""
    open: bool = False


HEALTHY = DeviceState()


@dataclass(frozen=True, slots=True)
class Opened:
    """k of the last n readings were faults."""

    device: int
    row: int
    at: Moment
    state: DeviceState


@dataclass(frozen=True, slots=True)
class Closed:
    """m readings in a row were normal."""

    device: int
    at: Moment
    state: DeviceState
    """The state before it was cleared: what the incident amounted to."""


@dataclass(slots=True)
class Judgement:
    """What a batch means for its devices: what opened and closed, in order, and the states that changed."""

    events: list[Opened | Closed] = field(default_factory=list)
    states: dict[int, DeviceState] = field(default_factory=dict)


def judge(
    batch: Batch,
    devices: Integers,
    predictions: Predictions,
    states: Mapping[int, DeviceState],
    policy: IncidentPolicy,
) -> Judgement:
    """Advance the incidents of the batch's `devices` (ids, shape (n,)). Pure: `states` is read, never changed."""
    judgement = Judgement()
    for row in _rows_that_matter(devices, predictions.faults, states):
        if np.isnan(predictions.scores[row]):
            continue  # not scored: says nothing about the machine
        device = int(devices[row])
        before = judgement.states.get(device) or states.get(device, HEALTHY)
        at = Moment(int(batch.partitions[row]), int(batch.offsets[row]), int(batch.times[row]))
        after, event = _step(
            before, device, int(row), at, bool(predictions.faults[row]), float(predictions.scores[row]), policy
        )
        if event is not None:
            judgement.events.append(event)
        if after != before:
            judgement.states[device] = after
    return judgement


def _rows_that_matter(devices: Integers, faults: Bools, states: Mapping[int, DeviceState]) -> Sequence[int]:
    """Rows of devices that show a fault or are remembered; a healthy device's normal readings cost nothing."""
    remembered = [device for device, state in states.items() if state != HEALTHY]
    if not remembered and not faults.any():
        return []
    troubled = np.union1d(devices[faults], np.asarray(remembered, dtype=np.int64))
    rows: list[int] = np.flatnonzero(np.isin(devices, troubled)).tolist()
    return rows


def _step(
    state: DeviceState, device: int, row: int, at: Moment, fault: bool, score: float, policy: IncidentPolicy
) -> tuple[DeviceState, Opened | Closed | None]:
    window = ((state.window << 1) | fault) & ((1 << policy.of_last) - 1)
    if fault:
        state = replace(
            state,
            window=window,
            normals=0,
            since=state.since or at,
            last=at,
            faults=state.faults + 1,
            peak=max(state.peak, score),
        )
        if not state.open and window.bit_count() >= policy.open_after:
            state = replace(state, open=True)
            return state, Opened(device, row, at, state)
        return state, None
    if state.open:
        state = replace(state, window=window, normals=state.normals + 1)
        if state.normals >= policy.close_after:
            return HEALTHY, Closed(device, at, state)
        return state, None
    return (replace(state, window=window) if window else HEALTHY), None
