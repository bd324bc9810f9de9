"""A machine's file, guessed from a CSV file of labelled rows: a start, to be read and corrected by a person."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.batch import Bools, Floats
from core.csv_dialect import CsvDialect, Labels
from core.errors import UserError
from core.incident_policy import IncidentPolicy
from core.machine import Machine
from core.named_columns import named_columns
from core.sensor import Sensor
from model.csv_history import is_absent, read_text
from model.guessed_dialect import GuessedDialect, guess_dialect
from model.guessed_label import GuessedLabel, guess_label

_DEVICE = {
    "device",
    "device_id",
    "deviceid",
    "machine",
    "machine_id",
    "machineid",
    "unit",
    "unit_id",
    "asset",
    "asset_id",
}
_TIME = {"time", "timestamp", "datetime", "date", "ts", "zeit", "zeitstempel"}
_TIME_FORMATS = ("ISO8601", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M")
_MOST_WORDS = 10
_GIVES_AWAY = 0.95
"""A column of two values of which one comes with faults to this share is made from the label."""
_HEADER = re.compile(r"(?P<name>.*?)\s*[\[(](?P<unit>[^\])]*)[\])]\s*")
_EACH_ROW_A_PIECE = IncidentPolicy(open_after=1, of_last=1, close_after=1)

Say = Callable[[str], None]


class _Column(NamedTuple):
    """A column that becomes a sensor."""

    sensor: Sensor
    header: str
    words: Mapping[str, float]


def guess_machine(name: str, path: Path, label: str, fault_value: str | None, say: Say) -> Machine:
    """The machine whose labelled readings the file holds; `say` hears of every guess and of each column left out.

    Raises UserError where there is no such label column, or no column can be a sensor.
    """
    dialect = guess_dialect(path)
    table = read_text(path, dialect.separator)
    if label not in table.columns:
        raise UserError(f"{path} has no column {label!r}; it has {named_columns(table.columns)}")
    told = guess_label(label, table[label]) if fault_value is None else GuessedLabel(fault_value, "as you said")
    fault = np.asarray(table[label].str.strip() == told.fault_value)
    if not fault.any():
        raise UserError(f"no row of {path} has {told.fault_value!r} in column {label!r}: name another with --fault")
    say(f"separator {dialect.separator!r}, decimal {dialect.decimal!r}")
    say(
        f"{label} = {told.fault_value!r} means fault, {told.reason}: {np.count_nonzero(fault):,} of {len(fault):,} rows"
    )
    device = next((one for one in table.columns if one.lower() in _DEVICE and one != label), None)
    time, time_format = _time(table, label, say)
    say(f"device: {device or 'none, all rows are one'}; time: {time or 'none, rows are a second apart'}")
    columns = _columns(table.drop(columns=[one for one in (label, device, time) if one]), fault, dialect, say)
    if not columns:
        raise UserError(f"{path} has no column of numbers that could be a sensor")
    usual = CsvDialect()
    return Machine(
        name=name,
        topics=(f"readings.{name}",),
        sensors=tuple(column.sensor for column in columns),
        incident=IncidentPolicy() if device or time else _EACH_ROW_A_PIECE,
        labels=Labels(label, told.fault_value),
        csv=CsvDialect(
            separator=dialect.separator,
            decimal=dialect.decimal,
            device=device or usual.device,
            time=time or usual.time,
            time_format=time_format,
            columns={one.sensor.name: one.header for one in columns if one.header != one.sensor.name},
            values={one.sensor.name: dict(one.words) for one in columns if one.words},
        ),
    )


def _time(table: pd.DataFrame, label: str, say: Say) -> tuple[str | None, str]:
    for name in table.columns:
        if name.lower() in _TIME and name != label:
            for form in _TIME_FORMATS:
                if pd.to_datetime(table[name].str.strip(), format=form, utc=True, errors="coerce").notna().all():
                    return str(name), form
            say(f"{name}: its times are written in no form that is known here: left out, see time_format of [csv]")
    return None, CsvDialect().time_format


def _columns(table: pd.DataFrame, fault: Bools, dialect: GuessedDialect, say: Say) -> list[_Column]:
    found: list[_Column] = []
    for header in map(str, table.columns):
        text = table[header].str.strip()
        absent = is_absent(text)
        words: Mapping[str, float] = {}
        values: Floats = _numbers(text, dialect)
        if np.isnan(values[~absent]).any():
            words = {word: float(place) for place, word in enumerate(sorted(set(text[~absent])))}
            values = np.asarray(text.map(dict(words)).to_numpy(dtype=np.float64), dtype=np.float64)
        if problem := _no_sensor(values, fault, len(words)):
            say(f"{header or '(no name)'}: {problem}, left out")
            continue
        if words:
            say(f"{header}: words, numbered by the alphabet; put them in the order that they have ([csv.values])")
        named = _HEADER.fullmatch(header)
        sensor = Sensor(
            name=_sensor_name(named["name"] if named else header, {one.sensor.name for one in found}),
            usual=_usual(values[~fault]),
            unit=named["unit"].strip() if named else "",
            optional=bool(absent.any()),
        )
        say(
            f"{header}: sensor {sensor.name}, usually {sensor.usual[0]:g} to {sensor.usual[1]:g} {sensor.unit}".rstrip()
        )
        found.append(_Column(sensor, header, words))
    return found


def _numbers(text: "pd.Series[str]", dialect: GuessedDialect) -> Floats:
    plain = text if dialect.decimal == "." else text.str.replace(dialect.decimal, ".", regex=False)
    numbers = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _no_sensor(values: Floats, fault: Bools, words: int) -> str:
    """Why the column is no sensor; empty: it is one."""
    there = ~np.isnan(values)
    levels = np.unique(values[there])
    if words > _MOST_WORDS:
        return f"{words:,} different texts"
    if len(np.unique(values[there & ~fault])) < 2:
        return "always the same in normal rows"
    if there.all() and len(values) > 2 and (np.diff(values) == 1).all():
        return "counts the rows"
    if len(levels) == 2 and max(fault[values == level].mean() for level in levels) >= _GIVES_AWAY:
        return "one of its two values comes with faults alone: it looks as if it was made from the label"
    return ""


def _usual(healthy: Floats) -> tuple[float, float]:
    """1st to 99th percentile, to four digits; all of it where that is one value."""
    low, high = (float(f"{edge:.4g}") for edge in np.nanpercentile(healthy, [1, 99]))
    return (low, high) if low < high else (float(np.nanmin(healthy)), float(np.nanmax(healthy)))


def _sensor_name(header: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:44] or "sensor"
    name = name if name[0].isalpha() else f"s_{name}"
    return next(one for one in (name, *(f"{name}_{number}" for number in range(2, 1002))) if one not in taken)
