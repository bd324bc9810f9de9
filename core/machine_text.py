"""A machine as the text of its TOML file."""

import json
from collections.abc import Iterator, Mapping

from core.csv_dialect import CsvDialect, Labels
from core.incident_policy import IncidentPolicy
from core.machine import Machine
from core.sensor import Sensor


def machine_text(machine: Machine, remark: str) -> str:
    """A file that reads back as this machine: sensors, incidents, labels and dialect; `remark` stands at its top."""
    lines = [f"# {line}" for line in remark.splitlines()]
    if machine.title:
        lines.append(f"title = {_text(machine.title)}")
    for sensor in machine.sensors:
        lines += ["", "[[sensors]]", *_sensor(sensor)]
    if machine.incident != IncidentPolicy():
        policy = machine.incident
        lines += ["", "[incident]", f"open_after = {policy.open_after}", f"of_last = {policy.of_last}"]
        lines.append(f"close_after = {policy.close_after}")
    if machine.labels != Labels():
        labels = machine.labels
        lines += ["", "[labels]", f"column = {_text(labels.column)}", f"fault_value = {_text(labels.fault_value)}"]
    lines += _dialect(machine.csv)
    return "\n".join([*lines, ""])


def _sensor(sensor: Sensor) -> Iterator[str]:
    yield f"name = {_text(sensor.name)}"
    if sensor.unit:
        yield f"unit = {_text(sensor.unit)}"
    yield f"usual = [{sensor.usual[0]!r}, {sensor.usual[1]!r}]"
    if sensor.optional:
        yield "optional = true"


def _dialect(csv: CsvDialect) -> Iterator[str]:
    usual = CsvDialect()
    yield from ("", "[csv]")
    for key in ("separator", "decimal", "device", "time", "time_format"):
        if (value := getattr(csv, key)) != getattr(usual, key):
            yield f"{key} = {_text(value)}"
    if csv.columns:
        yield from ("", "[csv.columns]")
        yield from (f"{name} = {_text(column)}" for name, column in csv.columns.items())
    if csv.values:
        yield from ("", "[csv.values]")
        yield from (f"{name} = {_words(words)}" for name, words in csv.values.items())


def _words(words: Mapping[str, float]) -> str:
    return f"{{ {', '.join(f'{_text(text)} = {number!r}' for text, number in words.items())} }}"


def _text(value: str) -> str:
    """JSON's strings are TOML's, but for one character that TOML wants escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
