"""Recorded readings in a machine's dialect, chunk by chunk: which cell is what, and which cannot be read."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

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


class Frames(Protocol):
    """Where rows come from. UserError where they cannot be read."""

    columns: list[str]
    repeated: Collection[str]
    """Names of columns that stand there more than once."""
    first_row: int
    """The number of the first row with a reading."""
    share: float
    """Of all rows, how much was read; 0 where nobody knows."""
    dialect: str
    """How the columns were told apart, as the end of a sentence about them."""

    def chunks(self, numbers: Collection[str], texts: Collection[str]) -> Iterator[pd.DataFrame]:
        """The rows with these columns, in their order; of `numbers` each is numbers where all its cells are."""


class Recorded:
    """Rows of one machine, with their columns found; none was read yet."""

    def __init__(self, source: object, frames: Frames, machine: Machine, mapping: Mapping[str, str]) -> None:
        """`source`: as text it is what people call it by. `mapping`: sensor (or `device`, `time`, `label`) → column.

        UserError where a column is missing, or is there twice.
        """
        self._source = source
        self._machine = machine
        self._frames = frames
        self.layout = find_layout(source, frames.columns, machine, mapping, frames.dialect)
        used = [*self.layout.sensors, self.layout.device, self.layout.time, self.layout.label]
        if twice := next((name for name in used if name in frames.repeated), None):
            raise UserError(f"{source} has two columns {twice!r}: rename one")

    @property
    def share(self) -> float:
        """Of all rows, how much was read; 0 where nobody knows."""
        return self._frames.share

    def chunks(self, bad: list[BadCell] | None = None) -> Iterator["Chunk"]:
        """The rows in their order. Cells that cannot be read are added to `bad`; None: the first is an error."""
        row = 0
        for frame in self._frames.chunks(*self._columns()):
            yield Chunk(self._source, self._machine, self.layout, frame, row, self._frames.first_row + row, bad)
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


class RecordedFile(Recorded):
    """A CSV or Parquet file of one machine; nothing of it was read yet but the first row."""

    def __init__(self, source: RecordedBytes, machine: Machine, mapping: Mapping[str, str]) -> None:
        """As `Recorded`; UserError also where the file is missing or cannot be read."""
        self.source = source
        super().__init__(source, Table(source, machine), machine, mapping)


class Chunk:
    """Rows in a row, read column by column."""

    def __init__(
        self,
        source: object,
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
