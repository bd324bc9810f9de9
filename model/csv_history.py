"""A machine's CSV or Parquet file as training rows."""

import logging
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from core.batch import MOST, Bools, Floats, Integers
from core.defect import plain_name
from core.errors import UserError
from core.flags import NO_FLAGS, flag
from core.headerless import headerless_columns, label_columns, sensor_columns
from core.history import History
from core.machine import Machine
from core.named_columns import named_columns
from core.rolling import rolling_where_lacking
from core.sensor import Sensor
from core.target import Target, outside
from core.unreadable import BROKEN, why_unreadable
from model.csv_header import require_once
from model.read_from import File, read_from

_log = logging.getLogger(__name__)

_ABSENT = {"", "nan", "na", "n/a", "null", "none"}
_SECOND = 1_000_000


def read_history(path: File, machine: Machine) -> History:
    """The labelled rows of a file in the machine's CSV dialect, in order of time.

    Rows that the stream would not score (a required sensor absent or out of its physical range) are left out, and said.
    Raises UserError naming the row and column of what cannot be read, and where no row is left.
    """
    history, left_out = labelled_rows(path, machine)
    if left_out:
        rows = len(history) + left_out
        _log.warning("%s: %d of %d rows left out: a required sensor is absent or out of range", path, left_out, rows)
    if not len(history):
        raise UserError(f"{path} holds no row that could be scored: see the sensors' minimum, maximum and optional")
    return history


def labelled_rows(path: File, machine: Machine) -> tuple[History, int]:
    """The same rows, which may be none, and how many were left out.

    A rolling sensor that has a column, as in what was exported, is read: such rows need not stand behind one another.
    Raises UserError naming the row and column of what cannot be read.
    """
    table = _read_text(path, machine)
    sensors = np.column_stack([_numbers(path, table, machine, sensor) for sensor in machine.sensors])
    classes = _classes(path, table, machine) if machine.classes else None
    values = _values(path, table, machine, machine.target) if machine.target else None
    if machine.target and values is not None:
        fault = outside(machine.target, values)
    else:
        fault = _faults(path, table, machine) if classes is None else classes != 0
    history = History(
        sensors, fault, _devices(table, machine), _times(path, table, machine), classes, values
    ).in_order()
    usable = _scorable(history.sensors, machine)
    had = [name for name in machine.sensor_names if machine.csv.columns.get(name, name) in table.columns]
    rolled = rolling_where_lacking(machine, history.devices, history.sensors, had)
    return replace(history, sensors=rolled).rows(usable), int(np.count_nonzero(~usable))


def _read_text(path: File, machine: Machine) -> pd.DataFrame:
    """Every cell as text: what cannot be read as a number is then named by its row and column."""
    table = read_text(path, machine.csv.separator, header=machine.csv.header)
    if is_parquet(path):
        return table
    if machine.csv.header:
        named = {*sensor_columns(machine), *label_columns(machine), machine.csv.device, machine.csv.time}
        require_once(path, machine.csv.separator, named)
    else:
        needed = machine.task != "one_class"
        table.columns = headerless_columns(str(path), len(table.columns), machine, labels_needed=needed)
    return table


def read_text(path: File, separator: str, *, header: bool = True) -> pd.DataFrame:
    """Every cell as text, each row under the number that a spreadsheet gives it; a .parquet file has no separator.

    UserError where it is empty or cannot be read.
    """
    parquet = is_parquet(path)
    table = _parquet(path) if parquet else _csv(path, separator, header)
    if not len(table):
        raise UserError(f"{path} has a header and no rows")
    table.columns = [str(name).strip() for name in table.columns]
    table.index += 2 if header and not parquet else 1
    return table


def _csv(path: File, separator: str, header: bool) -> pd.DataFrame:
    try:
        with read_from(path) as (content, compression):
            return pd.read_csv(
                content,
                compression=compression,
                sep=separator,
                header=0 if header else None,
                dtype=str,
                keep_default_na=False,
                encoding="utf-8-sig",
                index_col=False,
            )
    except pd.errors.EmptyDataError:
        raise UserError(f"{path} is empty") from None
    except (pd.errors.ParserError, *BROKEN) as error:
        raise UserError(f"{path} cannot be read as CSV: {why_unreadable(error)}") from error


def _parquet(path: File) -> pd.DataFrame:
    """A number's text is read back to the last bit."""
    try:
        with read_from(path) as (content, _):
            return pd.read_parquet(content, engine="pyarrow").astype(str).fillna("")
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} cannot be read as Parquet: {why_unreadable(error)}") from error


def _column(path: File, table: pd.DataFrame, machine: Machine, name: str, what: str) -> "pd.Series[str]":
    if name not in table.columns:
        raise UserError(
            f"{path} has no column {name!r} ({what}); it has {named_columns(table.columns)}, "
            f"read with the separator {machine.csv.separator!r}: see [csv] in the file of {machine.name}"
        )
    return table[name].str.strip()


def _numbers(path: File, table: pd.DataFrame, machine: Machine, sensor: Sensor) -> Floats:
    name = machine.csv.columns.get(sensor.name, sensor.name)
    if sensor.optional and name not in table.columns:
        return np.full(len(table), np.nan)
    text = _column(path, table, machine, name, f"sensor {sensor.name}")
    if (bit := sensor.bit) is not None:
        numbers = text.map(lambda cell: flag(cell, bit)).to_numpy(dtype=np.float64)
        _refuse(path, name, text, np.isnan(numbers) & ~is_absent(text), NO_FLAGS)
        return np.asarray(numbers, dtype=np.float64)
    if words := machine.csv.values.get(sensor.name):
        numbers = text.map(words).to_numpy(dtype=np.float64)
        _refuse(path, name, text, np.isnan(numbers) & ~is_absent(text), f"none of {', '.join(words)}")
        return np.asarray(numbers, dtype=np.float64)
    numbers = _plain_numbers(text, machine)
    _refuse(path, name, text, ~np.isfinite(numbers) & ~is_absent(text), "not a number")
    return numbers


def _plain_numbers(text: "pd.Series[str]", machine: Machine) -> Floats:
    plain = text if machine.csv.decimal == "." else text.str.replace(machine.csv.decimal, ".", regex=False)
    return np.asarray(pd.to_numeric(plain, errors="coerce").to_numpy(dtype=np.float64), dtype=np.float64)


def _values(path: File, table: pd.DataFrame, machine: Machine, target: Target) -> Floats:
    name = target.column or target.name
    text = _column(path, table, machine, name, f"the measured {target.name}")
    numbers = _plain_numbers(text, machine)
    _refuse(path, name, text, ~(np.abs(numbers) <= MOST), "no measured number")
    return numbers


def _faults(path: File, table: pd.DataFrame, machine: Machine) -> Bools:
    name, fault = machine.labels.column, machine.labels.fault_value.strip()
    if machine.task == "one_class" and name not in table.columns:
        return np.zeros(len(table), dtype=np.bool_)
    text = _column(path, table, machine, name, "the label")
    _refuse(path, name, text, is_absent(text), "no label")
    said = np.asarray(text == fault, dtype=np.bool_)
    number = pd.to_numeric(pd.Series([fault]), errors="coerce").iloc[0]
    if not np.isnan(number):  # 1 and 1.0 are the same label
        said = said | np.asarray(pd.to_numeric(text, errors="coerce") == number, dtype=np.bool_)
    return said


def _classes(path: File, table: pd.DataFrame, machine: Machine) -> npt.NDArray[np.int16]:
    """Which defect each row is, by the label's column or by one column of each defect."""
    if machine.labels.one_hot:
        return _one_hot(path, table, machine)
    name, numbers = machine.labels.column, {plain_name(name): number for number, name in enumerate(machine.classes)}
    text = _column(path, table, machine, name, "the label")
    found = text.map(plain_name).map(numbers)
    _refuse(path, name, text, found.isna().to_numpy(), f"none of {', '.join(machine.classes)}")
    return np.asarray(found, dtype=np.int16)


def _one_hot(path: File, table: pd.DataFrame, machine: Machine) -> npt.NDArray[np.int16]:
    found, ones = np.zeros(len(table), dtype=np.int16), np.zeros(len(table), dtype=np.int16)
    for defect in machine.defects:
        text = _column(path, table, machine, defect.name, f"defect {defect.name}")
        numbers = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
        _refuse(path, defect.name, text, ~np.isin(numbers, (0, 1)), "neither 0 nor 1")
        found[numbers == 1] = machine.classes.index(defect.name)
        ones += numbers == 1
        _refuse(path, defect.name, text, ones > 1, "a second defect of one row: a reading has one, or none")
    if machine.labels.normal in {defect.name for defect in machine.defects}:
        _refuse(
            path, machine.labels.normal, table[machine.labels.normal], ones == 0, "no defect's row, nor is another 1"
        )
    return found


def _devices(table: pd.DataFrame, machine: Machine) -> list[str]:
    if machine.csv.device in table.columns:
        return [str(name) for name in table[machine.csv.device]]
    return [machine.name] * len(table)


def _times(path: File, table: pd.DataFrame, machine: Machine) -> Integers:
    name = machine.csv.time
    if name not in table.columns:
        return np.arange(len(table), dtype=np.int64) * _SECOND
    text = _column(path, table, machine, name, "the time")
    times = pd.to_datetime(text, format=machine.csv.time_format, utc=True, errors="coerce")
    _refuse(path, name, text, times.isna().to_numpy(), f"not a time ({machine.csv.time_format})")
    return np.asarray(times.dt.as_unit("us").astype("int64"), dtype=np.int64)


def is_parquet(path: File) -> bool:
    """Whether it is a file of Parquet, by its name; else it is CSV."""
    return PurePosixPath(path.name).suffix.lower() in (".parquet", ".pq")


def is_absent(text: "pd.Series[str]") -> npt.NDArray[np.bool_]:
    """Which cells are empty, or say that there is nothing; shape (n,)."""
    return np.asarray(text.str.lower().isin(_ABSENT), dtype=np.bool_)


def _refuse(path: File, column: str, text: "pd.Series[str]", wrong: npt.NDArray[np.bool_], why: str) -> None:
    """UserError for the first wrong cell; the header is row 1, as in a spreadsheet."""
    rows = np.flatnonzero(wrong)
    if len(rows):
        more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
        raise UserError(f"{path}, row {text.index[rows[0]]}, column {column!r}: {text.iloc[rows[0]]!r} is {why}{more}")


def _scorable(sensors: Floats, machine: Machine) -> Bools:
    optional = np.array([sensor.optional for sensor in machine.sensors])
    low = np.array([sensor.minimum for sensor in machine.sensors])
    high = np.array([sensor.maximum for sensor in machine.sensors])
    absent = np.isnan(sensors)
    possible = ((sensors >= low) & (sensors <= high)) | (absent & optional)
    return np.asarray(possible.all(axis=1), dtype=np.bool_)
