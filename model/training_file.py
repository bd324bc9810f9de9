"""Labelled readings as a file in the machine's own dialect, which `train --csv` reads back."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.batch import Floats
from core.errors import UserError
from core.flags import flags_text
from core.headerless import label_columns, sensor_columns
from core.history import History
from core.machine import Machine
from model.csv_history import is_parquet

_OTHER = {"1": "0", "0": "1", "true": "false", "false": "true", "yes": "no", "no": "yes"}


class TrainingFile:
    """Writes beside the path, and gives the file its name when the block ends without an error.

    Parquet where the path ends in `.parquet`, else CSV. Where the machine's files have no header, a CSV has none
    either, and nothing but what such files hold: sensors and labels, neither device nor time.
    """

    def __init__(self, path: Path, machine: Machine) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._machine = machine
        self._parquet: pq.ParquetWriter | None = None
        self._begun = False

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._part.write_bytes(b"")
        except OSError as error:
            raise UserError(f"{self._path} cannot be written: {error.strerror}") from error
        self.write(_nothing(self._machine))
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if self._parquet is not None:
            self._parquet.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)

    def write(self, rows: History) -> None:
        """Add the rows in their order; of each the defect or value is known, where the machine has such.

        UserError where a sensor's number has no word in the dialect; OSError.
        """
        table = self._table(rows)
        if is_parquet(self._path):
            content = pa.Table.from_pandas(table, preserve_index=False)
            self._parquet = self._parquet or pq.ParquetWriter(self._part, content.schema, compression="zstd")
            self._parquet.write_table(content)
            return
        dialect = self._machine.csv
        if not dialect.header:
            table = table[[*sensor_columns(self._machine), *label_columns(self._machine)]]
        header = dialect.header and not self._begun
        table.to_csv(self._part, mode="a", header=header, index=False, sep=dialect.separator, decimal=dialect.decimal)
        self._begun = True

    def _table(self, rows: History) -> pd.DataFrame:
        machine = self._machine
        columns: dict[str, object] = {
            machine.csv.device: pd.Series(list(rows.devices), dtype="str"),
            machine.csv.time: self._times(rows),
        }
        for place, sensor in enumerate(machine.sensors):
            name, values = sensor.name, rows.sensors[:, place]
            if sensor.bit is not None:
                columns[machine.csv.columns[name]] = self._flags(rows, machine.csv.columns[name])
                continue
            words = machine.csv.values.get(name)
            columns[machine.csv.columns.get(name, name)] = self._words(name, values, words) if words else values
        return pd.DataFrame(columns | self._labels(rows))

    def _labels(self, rows: History) -> dict[str, object]:
        """What each row was, in the columns that the machine's file gives its labels."""
        machine = self._machine
        names = label_columns(machine)
        if rows.values is not None:
            return {names[0]: rows.values}
        if rows.classes is None:
            fault = machine.labels.fault_value
            normal = _OTHER.get(fault.strip().lower(), f"not {fault}")
            return {names[0]: pd.Series(np.where(rows.fault, fault, normal), dtype="str")}
        if machine.labels.one_hot:
            return {name: (rows.classes == machine.classes.index(name)).astype(np.int64) for name in names}
        return {names[0]: pd.Series(np.array(machine.classes)[rows.classes], dtype="str")}

    def _times(self, rows: History) -> "pd.Series[str] | pd.Series[pd.Timestamp]":
        times = pd.Series(rows.times.view("datetime64[us]")).dt.tz_localize("UTC")
        if self._machine.csv.time_format != "ISO8601":
            return times.dt.strftime(self._machine.csv.time_format).astype("str")
        if is_parquet(self._path):
            return times
        return pd.Series(np.datetime_as_string(rows.times.view("datetime64[us]"), timezone="UTC"), dtype="str")

    def _flags(self, rows: History, column: str) -> "pd.Series[str]":
        """All bits that stand in the column."""
        columns = self._machine.csv.columns
        held = [(at, one.bit or 0) for at, one in enumerate(self._machine.sensors) if columns.get(one.name) == column]
        bits = [bit for _, bit in held]
        values = rows.sensors[:, [at for at, _ in held]].tolist()
        return pd.Series([flags_text(zip(bits, row, strict=True)) for row in values], dtype="str")

    def _words(self, name: str, values: Floats, words: dict[str, float]) -> "pd.Series[str]":
        word_of = {number: word for word, number in words.items()}
        if unknown := {value for value in np.unique(values[~np.isnan(values)]).tolist() if value not in word_of}:
            raise UserError(
                f"sensor {name} reads {min(unknown):g}, for which [csv.values] of {self._machine.name} has no word"
            )
        return pd.Series([word_of.get(value, "") for value in values.tolist()], dtype="str")


def _nothing(machine: Machine) -> History:
    """No row, of the machine's kind."""
    return History(
        sensors=np.empty((0, len(machine.sensors))),
        fault=np.empty(0, np.bool_),
        devices=[],
        times=np.empty(0, np.int64),
        classes=np.empty(0, np.int16) if machine.classes else None,
        values=np.empty(0) if machine.target else None,
    )
