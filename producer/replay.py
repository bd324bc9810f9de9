"""A recorded file as readings to publish."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.batch import Floats, Integers
from core.machine import Machine
from producer import cells
from producer.layout import find_layout
from producer.readings import LABELLED_FAULT, NORMAL, Readings
from producer.schedule import Schedule
from producer.table import Table
from producer.uuid7 import uuid7_texts

_SECOND = 1_000_000
_START = 1_577_836_800_000_000
"""2020-01-01 UTC in microseconds: the first reading of a file without times. Fixed, so that its ids are."""


class Replay:
    """A file of one machine's readings, with its columns found; nothing of it was read yet but the header."""

    def __init__(self, path: Path, machine: Machine, mapping: Mapping[str, str]) -> None:
        """`mapping`: sensor (or `device`, `time`, `label`) → column. UserError where a file or column is missing."""
        self._machine = machine
        self._table = Table(path, machine.csv)
        self._layout = find_layout(path, self._table.columns, machine, mapping)

    def readings(self, schedule: Schedule) -> Iterator[Readings]:
        """Its rows in the file's order. UserError names the row and column of a cell that cannot be read.

        A row has the same id each time the same file is replayed for the same machine from the same columns.
        """
        random = np.random.default_rng(int.from_bytes(self._digest()))
        row, latest, begin = 0, 0.0, None
        for chunk in self._table.chunks(*self._columns()):
            times = self._times(chunk, row)
            begin = int(times[0]) if begin is None else begin
            due = schedule(np.arange(row, row + len(chunk)), (times - begin) / _SECOND)
            due = np.maximum.accumulate(np.maximum(due, latest))  # a reading that comes late is sent in its turn
            yield Readings(
                ids=uuid7_texts(times, random),
                devices=self._devices(chunk, row),
                times=times,
                sensors=self._sensors(chunk, row),
                truths=self._truths(chunk, row),
                due=due,
            )
            row += len(chunk)
            latest = float(due[-1])

    def _digest(self) -> bytes:
        with self._table.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        digest.update(f"{self._machine.name} {self._layout}".encode())
        return digest.digest()

    def _columns(self) -> tuple[Sequence[str], Sequence[str]]:
        """The columns to be read as numbers and as texts."""
        layout = self._layout
        words = self._machine.csv.values
        named = [(name, column) for name, column in zip(self._machine.sensor_names, layout.sensors, strict=True)]
        numbers = {column for name, column in named if column and name not in words}
        texts = {column for name, column in named if column and name in words}
        texts |= {column for column in (layout.device, layout.time, layout.label) if column}
        return sorted(numbers - texts), sorted(texts)

    def _column(self, chunk: pd.DataFrame, row: int, name: str) -> cells.Column:
        return cells.Column(self._table.path, name, self._table.first_row + row, chunk[name])

    def _sensors(self, chunk: pd.DataFrame, row: int) -> Floats:
        dialect = self._machine.csv
        sensors = np.full((len(chunk), len(self._machine.sensors)), np.nan)
        for index, (name, column) in enumerate(zip(self._machine.sensor_names, self._layout.sensors, strict=True)):
            if column:
                found = cells.numbers(self._column(chunk, row, column), dialect.decimal, dialect.values.get(name))
                sensors[:, index] = found
        return sensors

    def _times(self, chunk: pd.DataFrame, row: int) -> Integers:
        if self._layout.time is None:
            return _START + np.arange(row, row + len(chunk), dtype=np.int64) * _SECOND
        return cells.times(self._column(chunk, row, self._layout.time), self._machine.csv.time_format)

    def _devices(self, chunk: pd.DataFrame, row: int) -> list[str]:
        if self._layout.device is None:
            return [self._machine.name] * len(chunk)
        return cells.names(self._column(chunk, row, self._layout.device))

    def _truths(self, chunk: pd.DataFrame, row: int) -> list[str] | None:
        if self._layout.label is None:
            return None
        faults = cells.are_faults(self._column(chunk, row, self._layout.label), self._machine.labels.fault_value)
        return [LABELLED_FAULT if fault else NORMAL for fault in faults.tolist()]
