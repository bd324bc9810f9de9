"""A recorded file's rows, checked as the live stream checks readings: producer reads it, consumer judges it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from consumer.recorded_check import Doubt, RecordedCheck
from core.bad_cell import BadCell
from core.batch import Batch, Bools, Flags, Floats, Integers
from core.machine import Machine
from core.rolling import Windows
from producer.recorded import Chunk, Recorded


class CheckedRows(NamedTuple):
    """The readings of one chunk, shape (n,) a column, and what in it is none."""

    rows: Integers
    """Their numbers in the file."""
    devices: Sequence[str]
    times: Integers
    sensors: Floats
    quality: Flags
    doubts: Sequence[Doubt]
    bad: Sequence[BadCell]
    """Of the rows that are no readings, in their order."""
    bad_rows: int
    faults: Bools | None = None
    """What the labels say of the readings, where somebody asks and they say no more than that."""


def checked_rows(file: Recorded, machine: Machine, *, labels: bool = False) -> Iterator[CheckedRows]:
    """The file, chunk by chunk, every row of it once: as a reading or as a bad row. UserError: it cannot be read.

    `labels`: what they say, too.
    """
    check, windows = RecordedCheck(machine), Windows(machine)
    bad: list[BadCell] = []
    for chunk in file.chunks(bad):
        found = _checked(file, chunk, check, windows, bad)
        faults = chunk.faults() if labels else None
        yield found._replace(faults=None if faults is None else faults[found.rows - chunk.first_row])
        bad.clear()


def as_batch(machine: Machine, checked: CheckedRows) -> Batch:
    """The rows as the scorer takes a batch; their numbers stand where a message's offset does."""
    count = len(checked.rows)
    return Batch(
        topic=machine.topics[0],
        partitions=np.zeros(count, dtype=np.int64),
        offsets=checked.rows,
        ids=np.zeros(count, dtype="V16"),
        devices=checked.devices,
        times=checked.times,
        sensors=checked.sensors,
        quality=checked.quality,
        extras=(),
        runs=(),
        dead_letters=(),
    )


def unscorable(scored: Batch) -> Sequence[BadCell]:
    """The rows that were in such a batch and that the model cannot score."""
    return [
        BadCell(letter.position.offset, "", "", f"cannot be scored: {letter.reason}") for letter in scored.dead_letters
    ]


def _checked(file: Recorded, chunk: Chunk, check: RecordedCheck, windows: Windows, bad: list[BadCell]) -> CheckedRows:
    devices, times, sensors = chunk.devices(), chunk.times(), chunk.sensors()
    kept = _but(len(chunk), chunk.first_row, bad)
    bad += _unaccepted(file, chunk.first_row, devices, times, kept, check)
    kept = _but(len(chunk), chunk.first_row, bad)
    if not kept.all():
        devices = [device for device, keep in zip(devices, kept.tolist(), strict=True) if keep]
        times, sensors = times[kept], sensors[kept]
    found = check.of(devices, sensors)
    return CheckedRows(
        rows=np.flatnonzero(kept) + chunk.first_row,
        devices=devices,
        times=times,
        sensors=windows.fill(devices, sensors),
        quality=found.quality,
        doubts=found.doubts,
        bad=sorted(bad, key=lambda cell: cell.row),
        bad_rows=int(np.count_nonzero(~kept)),
    )


def _but(count: int, first_row: int, bad: Sequence[BadCell]) -> Bools:
    kept = np.ones(count, dtype=np.bool_)
    kept[[cell.row - first_row for cell in bad]] = False
    return kept


def _unaccepted(
    file: Recorded, first_row: int, devices: Sequence[str], times: Integers, kept: Bools, check: RecordedCheck
) -> list[BadCell]:
    """Of the rows that could be read, those that the stream would not accept."""
    found = []
    for at in np.flatnonzero(kept & ~check.is_in_time(times)).tolist():
        said = str(np.datetime64(int(times[at]), "us"))
        found.append(BadCell(first_row + at, file.layout.time or "", said, "outside of the years 1990–2099"))
    problems = {name: problem for name in set(devices) if (problem := check.device_problem(name))}
    if problems:
        found += [
            BadCell(first_row + at, file.layout.device or "", name, problems[name])
            for at, name in enumerate(devices)
            if kept[at] and name in problems
        ]
    return found
