"""A machine: one TOML file says what its readings look like and when a person is told."""

import re
import tomllib
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from core.errors import UserError
from core.toml_place import line_of, values_of

Task = Literal["fault", "defects", "one_class", "regression"]
Topic = Annotated[str, Meta(pattern=r"^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$", description="as Kafka takes it")]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,47}$", description="lower case letters, digits and _")]
Seconds = Annotated[float, Meta(gt=0, lt=4e9)]

MOST = 3.0e38
"""No sensor reads more: what lies beyond does not fit into four bytes, in which models compute."""


class Sensor(Struct, frozen=True, forbid_unknown_fields=True):
    """A named number of a reading."""

    name: Name
    usual: tuple[float, float]
    """The range healthy machines stay in, in `unit`: what the simulator draws from and augmentation works around."""
    unit: str = ""
    title: str = ""
    minimum: float = -MOST
    """Below it no real sensor can read: such a reading is stored with a flag and not scored."""
    maximum: float = MOST
    optional: bool = False
    """May be absent: the model's imputer fills it in."""
    stuck_after: Annotated[int, Meta(ge=2, le=1000)] | None = None
    """So many readings in a row with exactly this value: stuck, not scored. Absent where a sensor may well rest."""


class IncidentPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """When faults become an incident, and when it is over."""

    open_after: Annotated[int, Meta(ge=1, le=63)] = 3
    """k: this many faults …"""
    of_last: Annotated[int, Meta(ge=1, le=63)] = 5
    """n: … among the device's last n readings open an incident."""
    close_after: Annotated[int, Meta(ge=1, le=100_000)] = 10
    """m: this many readings in a row without a fault close it."""


class DeadLetterLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """When so many messages of a partition become dead letters that it stops and waits for a person."""

    run: Annotated[int, Meta(ge=0, le=100_000)] = 100
    """This many in a row are too many; 0: no number is."""
    ratio: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """This share of the last `of_last` messages is too much; 0: none is."""
    of_last: Annotated[int, Meta(ge=1, le=100_000)] = 1000


class Labels(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a training file says what a reading was."""

    column: str = "fault"
    fault_value: str = "1"
    """The text that means fault in `column`; every other value means normal."""


class CsvDialect(Struct, frozen=True, forbid_unknown_fields=True):
    """How this machine's training and replay files are written."""

    separator: str = ","
    decimal: str = "."
    device: str = "device"
    """The device's column; where a file has none, its rows belong to one device named after the machine."""
    time: str = "time"
    """The time's column; where a file has none, its rows are a second apart."""
    time_format: str = "ISO8601"
    columns: dict[str, str] = {}
    """Sensor → column, where the names differ."""
    values: dict[str, dict[str, float]] = {}
    """Sensor → text → number, for sensors that a file writes as text."""


class Push(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a simulated fault moves one sensor, in widths of its usual range, once it is fully grown."""

    sensor: Name
    by: float
    after: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """The share of the episode that passes before this sensor begins to move."""


class SimulatedFault(Struct, frozen=True, forbid_unknown_fields=True):
    """A fault episode of the simulator."""

    name: str
    pushes: tuple[Push, ...]


class Machine(Struct, frozen=True, forbid_unknown_fields=True):
    """A type of machine."""

    name: Name
    sensors: Annotated[tuple[Sensor, ...], Meta(min_length=1, max_length=1000)]
    title: str = ""
    task: Task = "fault"
    classes: tuple[str, ...] = ()
    """The defects' names, for task `defects`."""
    topics: Annotated[tuple[Topic, ...], Meta(min_length=1)] = ()
    key: Literal["device", "any"] = "device"
    """`device`: the Kafka key must be the device's name. `any`: it says nothing."""
    devices: tuple[str, ...] = ()
    """All devices there are; a reading of another is a dead letter. Absent: new ones are registered as they speak."""
    time_zone: str = ""
    """Of times that name none, such as `Europe/Berlin`. Absent: such a time is a dead letter."""
    time_format: str = ""
    """How times are written, in strptime's words, such as `%Y-%m-%d@%H:%M:%S`. Absent: RFC 3339."""
    future_after: Seconds = 300.0
    """An event time so far ahead of the time that Kafka gave its message is doubtful: the device's clock is wrong."""
    late_after: Seconds = 2_592_000.0
    """An event time so far behind the newest of its partition is doubtful: too old to raise an alert."""
    silent_after: Seconds | None = None
    """A device whose last reading lies so far behind the newest of its partition is silent. Absent: nobody asks."""
    texts: tuple[Name, ...] = ()
    """Text fields kept beside the numbers, raw."""
    threshold: Annotated[float, Meta(gt=0, lt=1)] | None = None
    """Alarm threshold on the probability; absent: the one that was tuned with the model version."""
    advice: str = ""
    incident: IncidentPolicy = IncidentPolicy()
    dead_letters: DeadLetterLimit = DeadLetterLimit()
    labels: Labels = Labels()
    csv: CsvDialect = CsvDialect()
    faults: tuple[SimulatedFault, ...] = ()

    @property
    def sensor_names(self) -> tuple[str, ...]:
        """The sensors in the file's order: the order of every array of readings."""
        return tuple(sensor.name for sensor in self.sensors)


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
    return machine


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
    found += _clock_problems(machine)
    if machine.silent_after is not None and machine.silent_after <= machine.future_after:
        found.append(("silent_after", "must be more than future_after: a clock that is ahead would silence the others"))
    if machine.incident.open_after > machine.incident.of_last:
        found.append(("incident.open_after", "cannot be more than of_last"))
    if (machine.task == "defects") != bool(machine.classes):
        found.append(("classes", "names the defects of task `defects`, and of no other task"))
    for index, fault in enumerate(machine.faults):
        found += [
            (f"faults[{index}].pushes", f"no sensor named {push.sensor}")
            for push in fault.pushes
            if push.sensor not in names
        ]
    found += [("texts", f"{name} is no text") for name in machine.texts if name in ("id", "device", "time", "sensors")]
    found += [("csv.columns", f"no sensor named {name}") for name in machine.csv.columns if name not in names]
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
