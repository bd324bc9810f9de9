"""A file that somebody sends to be scored: CSV of any dialect, XLSX, JSON or Parquet, as the sensors of its rows."""

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath

import msgspec
import numpy as np
import pyarrow.parquet

from core.batch import MOST, Floats
from core.data_set import Cell, DataSet
from core.errors import UserError
from core.flags import NO_FLAGS, flag
from core.machine import Machine
from core.named_columns import named_columns
from core.rolling import rolling_where_lacking
from core.sensor import Sensor
from model.sent_csv import Columns, SentTable, read_csv
from model.sent_excel import read_excel

MOST_ROWS = 100_000
_ABSENT = frozenset({"", "nan", "na", "n/a", "null", "none"})


def read_sent_file(machine: Machine, name: str, content: bytes) -> Floats:
    """The sensors of a file's rows, shape (n, sensors), NaN for absent. The name's ending says what the file is.

    Columns are named as the sensors, or as in the machine's training files; others are left aside. Raises UserError
    naming the row and column of what cannot be read; the header is row 1, as in a spreadsheet. A CSV may have none
    where the machine's files have none. Rolling sensors without a column are computed from the rows before, of the same
    device where there is a column of devices.
    """
    return _sensors(machine, _table(machine, name, content))


def read_data_set(machine: Machine, name: str, content: bytes) -> DataSet:
    """The same with every column of the file (of a Parquet file the machine's alone). Raises UserError, as above."""
    table = _table(machine, name, content)
    columns = {column: [_cell(cell) for cell in cells] for column, cells in table.columns.items()}
    return DataSet(columns, _sensors(machine, table))


def _table(machine: Machine, name: str, content: bytes) -> SentTable:
    ending = PurePath(name).suffix.lower()
    read = _READERS.get(ending)
    if read is None:
        raise UserError(f"the file's name must end in one of {', '.join(sorted(_READERS))}; this one is {name!a}")
    try:
        table = read(machine, content)
    except UserError:
        raise
    except Exception as error:  # a file may be broken in any way, and its readers say so in many
        words = " ".join(str(error).split())[:200]
        raise UserError(f"the file cannot be read as {ending[1:].upper()}: {words or type(error).__name__}") from error
    count = max((len(cells) for cells in table.columns.values()), default=0)
    if not count:
        raise UserError("the file has no rows")
    if count > MOST_ROWS:
        raise UserError(f"the file has {count} rows; at most {MOST_ROWS} are scored at once: send it in parts")
    return table


def _cell(cell: object) -> Cell:
    """A number where it reads as one, else its text."""
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in _ABSENT):
        return None
    number = _parsed(cell.strip()) if isinstance(cell, str) else None
    if isinstance(cell, int | float | np.number) and not isinstance(cell, bool):
        number = float(cell)
    return str(cell) if number is None or not math.isfinite(number) else number


def _sensors(machine: Machine, table: SentTable) -> Floats:
    count = max(len(cells) for cells in table.columns.values())
    rows = np.column_stack([_numbers(machine, table, sensor, count) for sensor in machine.sensors])
    devices = [str(name) for name in table.columns.get(machine.csv.device, [machine.name] * count)]
    had = [sensor.name for sensor in machine.sensors if _column_of(machine, table.columns, sensor) is not None]
    return rolling_where_lacking(machine, devices, rows, had)


def _column_of(machine: Machine, table: Columns, sensor: Sensor) -> str | None:
    names = (sensor.name, machine.csv.columns.get(sensor.name, sensor.name))
    return next((name for name in names if name in table), None)


def _numbers(machine: Machine, table: SentTable, sensor: Sensor, count: int) -> Floats:
    found = _column_of(machine, table.columns, sensor)
    if found is None:
        if sensor.optional:
            return np.full(count, np.nan)
        wanted = machine.csv.columns.get(sensor.name, sensor.name)
        raise UserError(f"the file has no column {wanted!r}; it has {named_columns(table.columns)}")
    cells = list(enumerate(table.columns[found], table.first_row))
    words = machine.csv.values.get(sensor.name, {})
    if sensor.bit is not None and found == sensor.written:
        return np.array([_flag(cell, sensor.bit, row, found) for row, cell in cells])
    return np.array([_number(cell, words, row, found) for row, cell in cells], dtype=np.float64)


def _flag(cell: object, bit: int, row: int, column: str) -> float:
    if not isinstance(cell, str) or cell.strip().lower() in _ABSENT:
        return _number(cell, {}, row, column)
    number = flag(cell.strip(), bit)
    if math.isnan(number):
        raise UserError(f"row {row}, column {column!r}: {cell!r:.60} is {NO_FLAGS}")
    return number


def _number(cell: object, words: Mapping[str, float], row: int, column: str) -> float:
    if cell is None:
        return math.nan
    text = cell.strip() if isinstance(cell, str) else cell
    if text in words:
        return words[str(text)]
    if isinstance(text, str):
        if text.lower() in _ABSENT:
            return math.nan
        number = _parsed(text)
    else:
        number = float(text) if isinstance(text, int | float | np.number) and not isinstance(text, bool) else None
    if number is None or math.isinf(number) or abs(number) > MOST:
        wrong = f"is none of {', '.join(words)}" if words else "is not a number"
        raise UserError(f"row {row}, column {column!r}: {cell!r:.60} {wrong}")
    return number


def _parsed(text: str) -> float | None:
    """With a decimal point, or a comma in its place."""
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    if not plain.isascii() or "_" in plain:
        return None
    try:
        return float(plain)
    except ValueError:
        return None


def _json(_: Machine, content: bytes) -> SentTable:
    """A list of objects; or columns, each a list or an object of rows."""
    try:
        decoded = msgspec.json.decode(content)
    except RecursionError:
        raise UserError("the file is nested too deeply") from None
    if isinstance(decoded, dict) and len(decoded) == 1 and isinstance(only := next(iter(decoded.values())), list):
        decoded = only if all(isinstance(row, dict) for row in only) else decoded  # {"readings": [{…}, …]}
    if isinstance(decoded, list) and all(isinstance(row, dict) for row in decoded):
        names = dict.fromkeys(name for row in decoded for name in row)
        return SentTable({name: [row.get(name) for row in decoded] for name in names})
    if isinstance(decoded, dict) and all(isinstance(column, list | dict) for column in decoded.values()):
        lists = {name: list(cells.values() if isinstance(cells, dict) else cells) for name, cells in decoded.items()}
        return SentTable(_of_one_length(lists))
    raise UserError("JSON must be a list of objects, or an object of columns")


def _of_one_length(columns: Mapping[str, list[object]]) -> Columns:
    if len({len(cells) for cells in columns.values()}) > 1:
        raise UserError("the columns have different numbers of rows")
    return columns


def _parquet(machine: Machine, content: bytes) -> SentTable:
    file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(content))
    if file.metadata.num_rows > MOST_ROWS:  # before anything is unpacked
        raise UserError(f"the file has {file.metadata.num_rows} rows; at most {MOST_ROWS} are scored at once")
    known: Iterable[str] = {*machine.sensor_names, *machine.csv.columns.values()}
    names = [name for name in file.schema_arrow.names if name in known]
    if not names:
        return SentTable({name: [None] for name in file.schema_arrow.names})
    if machine.csv.device in file.schema_arrow.names:
        names.append(machine.csv.device)
    table = file.read(columns=names)
    return SentTable({name: table.column(name).to_pylist() for name in names})


_READERS: Mapping[str, Callable[[Machine, bytes], SentTable]] = {
    ".csv": read_csv,
    ".txt": read_csv,
    ".tsv": read_csv,
    ".xlsx": read_excel,
    ".json": _json,
    ".parquet": _parquet,
}
