"""Incidents: consecutive faults of one device seen as one trouble. Decided from the log's order, never from a clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from core.batch import Batch, Bools, Integers
from core.incident_policy import IncidentPolicy
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
    newest: int | None = None
    """The newest event time of a fault since `since`: clocks may jump, so that `last` need not have it."""

    @property
    def lasted(self) -> float:
        """Seconds of event time from the first fault to the newest one; never less than before."""
        return 0.0 if self.since is None or self.newest is None else (self.newest - self.since.time) / 1e6


HEALTHY = DeviceState()


@dataclass(frozen=True, slots=True)
class Opened:
    """k of the last n readings were faults."""

    device: int
    row: int
    at: Moment
    state: DeviceState
    defects: tuple[float, ...] = ()
    """Probability of each class, of a machine with several defects."""
    value: float | None = None
    """That was predicted, of task `regression`."""


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
    happened: list[tuple[int, Opened | Closed]] = []
    for device, rows in rows_that_matter(devices, predictions, states):
        before = states.get(device, HEALTHY)
        course = _Course(device, before, policy, batch, predictions)
        for fault, run in _runs(rows, predictions.faults[rows]):
            course.faults(run) if fault else course.normals(run)
        happened += course.happened
        if course.state != before:
            judgement.states[device] = course.state
    judgement.events = [event for _, event in sorted(happened, key=lambda item: item[0])]
    return judgement


class _Course:
    """The course of one device through a batch, a run of alike readings at a time."""

    def __init__(
        self, device: int, state: DeviceState, policy: IncidentPolicy, batch: Batch, predictions: Predictions
    ) -> None:
        self.state = state
        self.happened: list[tuple[int, Opened | Closed]] = []
        """Events with their rows."""
        self._device = device
        self._policy = policy
        self._batch = batch
        self._predictions = predictions

    def faults(self, rows: Integers) -> None:
        """These rows in a row are faults. At most k of them are looked at one by one: then the incident is open."""
        while len(rows) and not self.state.open:
            self._add(rows[:1])
            if self.state.window.bit_count() >= self._policy.open_after:
                self.state = replace(self.state, open=True)
                row = int(rows[0])
                self.happened.append((row, Opened(self._device, row, self._at(row), self.state, *self._said(row))))
            rows = rows[1:]
        if len(rows):
            self._add(rows)

    def normals(self, rows: Integers) -> None:
        """These rows in a row are normal."""
        window = self._shifted(len(rows))
        if not self.state.open:
            self.state = replace(self.state, window=window) if window else HEALTHY
            return
        missing = self._policy.close_after - self.state.normals
        if len(rows) < missing:
            self.state = replace(self.state, window=window, normals=self.state.normals + len(rows))
            return
        row = int(rows[missing - 1])
        last = replace(self.state, window=self._shifted(missing), normals=self._policy.close_after)
        self.happened.append((row, Closed(self._device, self._at(row), last)))
        self.state = HEALTHY

    def _add(self, rows: Integers) -> None:
        state, ones = self.state, min(len(rows), self._policy.of_last)
        newest = int(self._batch.times[rows].max())
        self.state = replace(
            state,
            window=self._shifted(ones) | ((1 << ones) - 1),
            normals=0,
            since=state.since or self._at(int(rows[0])),
            last=self._at(int(rows[-1])),
            faults=state.faults + len(rows),
            peak=max(state.peak, float(self._predictions.scores[rows].max())),
            newest=newest if state.newest is None else max(state.newest, newest),
        )

    def _shifted(self, readings: int) -> int:
        """The window that many readings later, as if they were normal."""
        n = self._policy.of_last
        return (self.state.window << min(readings, n)) & ((1 << n) - 1)

    def _said(self, row: int) -> tuple[tuple[float, ...], float | None]:
        """The reading's defects and its value, where the machine has such."""
        defects, values = self._predictions.defects, self._predictions.values
        return () if defects is None else tuple(defects[row].tolist()), None if values is None else float(values[row])

    def _at(self, row: int) -> Moment:
        batch = self._batch
        return Moment(int(batch.partitions[row]), int(batch.offsets[row]), int(batch.times[row]))


def rows_that_matter(
    devices: Integers, predictions: Predictions, states: Mapping[int, DeviceState]
) -> Iterator[tuple[int, Integers]]:
    """The scored rows of each device that shows a fault or is remembered; a healthy device's normal ones cost nothing.

    What was not scored says nothing about the machine.
    """
    remembered = [device for device, state in states.items() if state != HEALTHY]
    if not remembered and not predictions.faults.any():
        return
    troubled = np.union1d(devices[predictions.faults], np.asarray(remembered, dtype=np.int64))
    rows = np.flatnonzero(np.isin(devices, troubled) & ~np.isnan(predictions.scores))
    rows = rows[np.argsort(devices[rows], kind="stable")]
    for part in np.split(rows, np.flatnonzero(np.diff(devices[rows])) + 1):
        if len(part):
            yield int(devices[part[0]]), part


def _runs(rows: Integers, faults: Bools) -> Iterator[tuple[bool, Integers]]:
    """(whether they are faults, rows) of each run of alike readings."""
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(faults)) + 1):
        yield bool(faults[part[0]]), rows[part]
