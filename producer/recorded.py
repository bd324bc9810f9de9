"""A recorded file in a machine's dialect, chunk by chunk: which cell is what, and which cannot be read."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from core.bad_cell import BadCell
from core.batch import Bools, Floats, Integers
from core.errors import UserError
from core.machine import Machine
from core.ports.recorded import RecordedBytes
from producer import cells
from producer.layout import Layout, find_layout
from producer.table import Table

_SECOND = 1_000_000
_START = 1_577_836_800_000_000
"""2020-01-01 UTC in microseconds: the first reading of a file without times. Fixed, so that its ids are."""


class RecordedFile:
    """A CSV or Parquet file of one machine, with its columns found; nothing of it was read yet but the first row."""

    def __init__(self, source: RecordedBytes, machine: Machine, mapping: Mapping[str, str]) -> None:
        """`mapping`: sensor (or `device`, `time`, `label`) → column.

        UserError where the file or a column of it is missing, or a column is there twice.
        """
        self.source = source
        self._machine = machine
        self._table = Table(source, machine)
        self.layout = find_layout(source, self._table.columns, machine, mapping)
        used = [*self.layout.sensors, self.layout.device, self.layout.time, self.layout.label]
        if twice := next((name for name in used if name in self._table.repeated), None):
            raise UserError(f"{source} has two columns {twice!r}: rename one")

    @property
    def share(self) -> float:
        """Of the file, how much was read."""
        return self._table.share

    def chunks(self, bad: list[BadCell] | None = None) -> Iterator["Chunk"]:
        """Its rows in the file's order. Cells that cannot be read are added to `bad`; None: the first is an error."""
        row = 0
        for frame in self._table.chunks(*self._columns()):
            yield Chunk(self.source, self._machine, self.layout, frame, row, self._table.first_row + row, bad)
            row += len(frame)

    def _columns(self) -> tuple[Sequence[str], Sequence[str]]:
        """The columns to be read as numbers and as texts."""
        layout = self.layout
        words = {sensor.name for sensor in self._machine.sensors if sensor.bit is not None}
        words |= set(self._machine.csv.values)
        named = [(name, column) for name, column in zip(self._machine.sensor_names, layout.sensors, strict=True)]
        numbers = {column for name, column in named if column and name not in words}
        texts = {column for name, column in named if column and name in words}
        texts |= {column for column in (layout.device, layout.time, layout.label) if column}
        return sorted(numbers - texts), sorted(texts)


class Chunk:
    """Rows in a row, read column by column."""

    def __init__(
        self,
        source: RecordedBytes,
        machine: Machine,
        layout: Layout,
        frame: pd.DataFrame,
        position: int,
        first_row: int,
        bad: list[BadCell] | None,
    ) -> None:
        """`position`: how many rows stand before it; `first_row`: the number of its first one in the file."""
        self._source = source
        self._machine = machine
        self._layout = layout
        self._frame = frame
        self._position = position
        self.first_row = first_row
        self._bad = bad

    def __len__(self) -> int:
        return len(self._frame)

    def sensors(self) -> Floats:
        """Shape (n, sensors) in the machine's order; NaN for absent."""
        dialect = self._machine.csv
        sensors = np.full((len(self), len(self._machine.sensors)), np.nan)
        for index, (sensor, column) in enumerate(zip(self._machine.sensors, self._layout.sensors, strict=True)):
            if column and sensor.bit is not None:
                sensors[:, index] = cells.flags(self._column(column), sensor.bit)
            elif column:
                words = dialect.values.get(sensor.name)
                sensors[:, index] = cells.numbers(self._column(column), dialect.decimal, words)
        return sensors

    def times(self) -> Integers:
        """Microseconds since 1970 UTC; a second apart where the file has no times."""
        if self._layout.time is None:
            return _START + np.arange(self._position, self._position + len(self), dtype=np.int64) * _SECOND
        return cells.times(self._column(self._layout.time), self._machine.csv.time_format)

    def devices(self) -> list[str]:
        """The machine's name where the file names no device."""
        if self._layout.device is None:
            return [self._machine.name] * len(self)
        return cells.names(self._column(self._layout.device))

    def faults(self) -> Bools | None:
        """What the labels say; None: the file has none, or one of each defect, or says what was measured."""
        if self._layout.label is None or self._machine.target is not None:
            return None
        column = self._column(self._layout.label)
        if self._machine.classes:
            return cells.are_named(column, self._machine.classes[1:])
        return cells.are_faults(column, self._machine.labels.fault_value)

    def _column(self, name: str) -> cells.Column:
        return cells.Column(self._source, name, self.first_row, self._frame[name], self._bad)
