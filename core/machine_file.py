"""A machine's TOML file: read, and whatever is wrong with it named with its line."""

import re
import tomllib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from core.batch import MOST
from core.defect import plain_name
from core.errors import UserError
from core.expression import NoExpression, parsed
from core.label import read_answer
from core.machine import Machine
from core.message_problems import message_problems
from core.one_class import OneClassPolicy
from core.steps import step_problems
from core.toml_place import line_of, values_of


def parse_machine(text: str, name: str, source: str) -> Machine:
    """The machine that a TOML text describes. UserError names `source`, the line and what is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{source}: {error}") from error
    table = {"name": name, "topics": [f"readings.{name}"], **table}
    try:
        machine = msgspec.convert(table, Machine)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        where = path.rstrip("`").removeprefix("$.")
        unknown = re.search(r"unknown field `(\w+)`", message)
        key = ".".join(filter(None, [where, unknown.group(1) if unknown else ""]))
        allowed = ", ".join(values_of(Machine, key))
        hint = f"; it is one of {allowed}" if allowed else ""
        raise UserError(f"{source}{line_of(text, key)}: {key or 'file'}: {message}{hint}") from error
    for key, problem in _problems(machine):
        raise UserError(f"{source}{line_of(text, key)}: {key}: {problem}")
    return _with_columns(machine)


def _with_columns(machine: Machine) -> Machine:
    """Files name a sensor as messages do, where nothing else is said."""
    fields = {sensor.name: sensor.field for sensor in machine.sensors if sensor.field is not None}
    csv = msgspec.structs.replace(machine.csv, columns=fields | machine.csv.columns)
    return msgspec.structs.replace(machine, csv=csv) if fields else machine


def _problems(machine: Machine) -> list[tuple[str, str]]:
    """What the types cannot say: pairs of the key and what is wrong with it."""
    found: list[tuple[str, str]] = []
    names = machine.sensor_names
    for position, sensor in enumerate(machine.sensors):
        if sensor.name in names[:position]:
            found.append((f"sensors[{position}].name", f"a second sensor named {sensor.name}"))
        if not sensor.minimum <= sensor.usual[0] < sensor.usual[1] <= sensor.maximum:
            found.append((f"sensors[{position}].usual", "must rise and lie between minimum and maximum"))
        if sensor.minimum < -MOST or sensor.maximum > MOST:
            found.append((f"sensors[{position}]", f"minimum and maximum must lie within ±{MOST:g}"))
    found += list(message_problems(machine))
    found += _rolling_problems(machine)
    found += _engineered_problems(machine)
    found += _clock_problems(machine)
    found += [(f"model.{key}", problem) for key, problem in machine.model.problems(machine.threshold)]
    found += [(f"alerts.{key}", problem) for key, problem in machine.alerts.problems()]
    if machine.silent_after is not None and machine.silent_after <= machine.future_after:
        found.append(("silent_after", "must be more than future_after: a clock that is ahead would silence the others"))
    for table, policy in (("incident", machine.incident), ("sensor_faults", machine.sensor_faults)):
        found += [(f"{table}.{key}", problem) for key, problem in policy.problems()]
    found += _defect_problems(machine)
    found += step_problems(machine.task, machine.steps)
    if machine.task != "one_class" and machine.one_class != OneClassPolicy():
        found.append(("one_class", "is of task `one_class`, and of no other task"))
    found += _target_problems(machine)
    for index, fault in enumerate(machine.faults):
        found += [
            (f"faults[{index}].pushes", f"no sensor named {push.sensor} that devices send")
            for push in fault.pushes
            if push.sensor not in machine.sent.sensor_names
        ]
    found += _place_problems(machine)
    found += [("csv.columns", f"no sensor named {name}") for name in machine.csv.columns if name not in names]
    found += [("csv.values", f"no sensor named {name}") for name in machine.csv.values if name not in names]
    return found


def _place_problems(machine: Machine) -> list[tuple[str, str]]:
    names = [place.name for place in machine.places]
    return [
        (f"places[{position}].name", f"a second place named {name}")
        for position, name in enumerate(names)
        if name in names[:position]
    ]


def _rolling_problems(machine: Machine) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    sent = machine.sent.sensor_names
    for position, sensor in enumerate(machine.sensors):
        if sensor.rolling is None:
            continue
        where = f"sensors[{position}]"
        if sensor.rolling.of not in sent:
            found.append((f"{where}.rolling", f"no sensor named {sensor.rolling.of} that devices send"))
        if sensor.stuck_after is not None:
            found.append((f"{where}.stuck_after", "not of a rolling sensor: it is computed, and may well rest"))
        if sensor.field is not None or sensor.bit is not None:
            found.append((f"{where}.field", "not of a rolling sensor: no message holds it"))
        if (sensor.minimum, sensor.maximum) != (-MOST, MOST):
            found.append((f"{where}.minimum", "not of a rolling sensor: set minimum and maximum of the one it is of"))
        if sensor.name in machine.csv.values:
            found.append(("csv.values", f"{sensor.name} is computed: no file writes it as text"))
    if not sent:
        found.append(("sensors", "all of them are rolling: name those that devices send"))
    return found


def _engineered_problems(machine: Machine) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    names = [sensor.name for sensor in machine.inputs]
    for position, sensor in enumerate(machine.engineered):
        if sensor.name in names[: len(machine.sensors) + position]:
            found.append((f"engineered[{position}].name", f"a second sensor named {sensor.name}"))
        try:
            parsed(sensor.expression, machine.sensor_names)
        except NoExpression as error:
            found.append((f"engineered[{position}].expression", str(error)))
    return found


def _defect_problems(machine: Machine) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if (machine.task == "defects") != bool(machine.defects):
        return [("defects", "names the defects of task `defects`, and of no other task")]
    plain = [plain_name(defect.name) for defect in machine.defects]
    for position, defect in enumerate(machine.defects):
        if plain[position] in plain[:position]:
            found.append((f"defects[{position}].name", f"a second defect named {defect.name}"))
        if read_answer(plain[position]) is not None:
            found.append((f"defects[{position}].name", f"{defect.name} is an answer already: give it another name"))
    if machine.defects and len(machine.classes) < 3:
        found.append(("defects", "at least two that call somebody: where there is one, use task `fault`"))
    if machine.defects:
        found += [
            (f"faults[{index}].name", f"{fault.name} is none of the defects that call somebody")
            for index, fault in enumerate(machine.faults)
            if fault.name not in machine.classes[1:]
        ]
    return found


def _target_problems(machine: Machine) -> list[tuple[str, str]]:
    target, found = machine.target, list[tuple[str, str]]()
    if (machine.task == "regression") != (target is not None):
        return [("target", "is what task `regression` predicts, and no other task")]
    if target is None:
        return []
    if target.low is None and target.high is None:
        found.append(("target", "needs a limit, low or high: where none is, nothing is ever a fault"))
    if target.low is not None and target.high is not None and target.low >= target.high:
        found.append(("target.high", "must be more than low"))
    names = tuple(sensor.name for sensor in machine.inputs)
    if target.name in names:
        found.append(("target.name", f"a sensor is named {target.name}: what is predicted cannot be known before"))
    try:
        if target.simulated:
            parsed(target.simulated, names)
    except NoExpression as error:
        found.append(("target.simulated", str(error)))
    return found


def _clock_problems(machine: Machine) -> list[tuple[str, str]]:
    if machine.time_zone:
        try:
            ZoneInfo(machine.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return [("time_zone", f"no time zone is named {machine.time_zone}")]
    moment = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
    try:
        read = datetime.strptime(moment.strftime(machine.time_format), machine.time_format)  # noqa: DTZ007  # as UTC
    except (ValueError, re.error) as error:
        return [("time_format", f"cannot be read back: {error}")]
    if machine.time_format and read.replace(tzinfo=UTC) != moment:
        return [("time_format", f"{moment:%Y-%m-%d %H:%M} written in it is read back as {read:%Y-%m-%d %H:%M}")]
    if machine.time_format and "%z" not in machine.time_format and not machine.time_zone:
        return [("time_format", "says nothing of the zone: name it with time_zone")]
    return []
