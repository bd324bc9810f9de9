"""A machine: one TOML file says what its readings look like and when a person is told."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr, replace

from core.alert_policy import AlertPolicy
from core.batch import MOST
from core.flags import HIGHEST_BIT
from core.message_shape import OURS, Field, MessageShape
from core.one_class import OneClassPolicy, Step
from core.threshold import ThresholdPolicy

Task = Literal["fault", "defects", "one_class", "regression"]
Topic = Annotated[str, Meta(pattern=r"^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$", description="as Kafka takes it")]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,47}$", description="lower case letters, digits and _")]
DefectName = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z][A-Za-z0-9_ -]{0,23}$", description="letters, digits, _, - and blanks, at most 24 in all"),
]
"""Short enough for a button of Telegram's, which holds 64 bytes with the alert's number and a signature."""
Seconds = Annotated[float, Meta(gt=0, lt=4e9)]


RollingFunction = Literal["mean", "std", "min", "max", "change"]


class Rolling(Struct, frozen=True, forbid_unknown_fields=True):
    """What is computed from the last readings of a device.

    So many readings and not so many seconds: what a device sent last is known exactly, whatever its clock said.
    """

    of: Name
    """The sensor."""
    function: RollingFunction
    """`std` is the standard deviation of just these readings, `change` the newest value less the oldest."""
    readings: Annotated[int, Meta(ge=2, le=1000)]
    """So many, the newest included."""


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
    advice: str = ""
    """What to do when it cannot be right."""
    field: Field | None = None
    """Its name in messages and files, where that is another."""
    bit: Annotated[int, Meta(ge=0, le=HIGHEST_BIT)] | None = None
    """It is this bit of `field`, whose text holds flags such as `0x50005`: 1 where it is set, else 0."""

    rolling: Rolling | None = None
    """No device sends it: it is computed as a reading comes in, and stored with it. Such a sensor is optional."""

    def __post_init__(self) -> None:
        if self.rolling is not None:
            force_setattr(self, "optional", True)  # a device's first readings have none

    @property
    def written(self) -> str:
        """The field of a message that holds it."""
        return self.field or self.name


class EngineeredSensor(Struct, frozen=True, forbid_unknown_fields=True):
    """A number that is computed from a reading's sensors: an input of the models like they, stored nowhere."""

    name: Name
    expression: str
    """Over sensors, as core.expression reads it."""
    unit: str = ""
    title: str = ""


class IncidentPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """When faults become an incident, and when it is over."""

    open_after: Annotated[int, Meta(ge=1, le=63)] = 3
    """k: this many faults …"""
    of_last: Annotated[int, Meta(ge=1, le=63)] = 5
    """n: … among the device's last n readings open an incident."""
    close_after: Annotated[int, Meta(ge=1, le=100_000)] = 10
    """m: this many readings in a row without a fault close it."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """What the types cannot say: pairs of the key and what is wrong with it."""
        if self.open_after > self.of_last:
            yield "open_after", "cannot be more than of_last"


class SensorFaultPolicy(IncidentPolicy, frozen=True, forbid_unknown_fields=True):
    """When readings with a sensor that cannot be right become an incident, and when it is over."""

    open_after: Annotated[int, Meta(ge=1, le=63)] = 5
    """k: this many such readings …"""
    of_last: Annotated[int, Meta(ge=1, le=63)] = 10
    """n: … among the device's last n readings open an incident."""
    close_after: Annotated[int, Meta(ge=1, le=100_000)] = 20
    """m: this many readings in a row without one close it."""


class DeadLetterLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """When so many messages of a partition become dead letters that it stops and waits for a person."""

    run: Annotated[int, Meta(ge=0, le=100_000)] = 100
    """This many in a row are too many; 0: no number is."""
    ratio: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """This share of the last `of_last` messages is too much; 0: none is."""
    of_last: Annotated[int, Meta(ge=1, le=100_000)] = 1000


class Labels(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a training file says what a reading was. Of task `one_class` it need not: then every row is normal."""

    column: str = "fault"
    """Of task `defects`: it holds their names."""
    fault_value: str = "1"
    """The text that means fault in `column`; every other value means normal. Not of task `defects`."""
    normal: str = "normal"
    """Of task `defects`: what a reading is called that calls nobody. It may be one of the defects."""
    one_hot: bool = False
    """Of task `defects`: each has a column of its own, named after it, with 1 where a reading has it, else 0."""


class Defect(Struct, frozen=True, forbid_unknown_fields=True):
    """One of several kinds of fault, which people tell apart."""

    name: DefectName
    advice: str = ""
    """What to do; empty: what the machine's file says."""


class Target(Struct, frozen=True, forbid_unknown_fields=True):
    """The number that task `regression` predicts, and the limits beyond which it is a fault."""

    name: Name
    low: Annotated[float, Meta(ge=-MOST, le=MOST)] | None = None
    """What lies below it is a fault; absent: nothing is too low."""
    high: Annotated[float, Meta(ge=-MOST, le=MOST)] | None = None
    """What lies above it is a fault; absent: nothing is too high."""
    unit: str = ""
    title: str = ""
    """Empty: the name."""
    column: str = ""
    """Of a training file, that holds the measured value; empty: the name."""
    simulated: str = ""
    """How the simulator's readings come to their value: over sensors, also engineered, as core.expression reads it."""
    noise: Annotated[float, Meta(ge=0, le=MOST)] = 0.0
    """Standard deviation of what chance adds to a simulated value."""


class CsvDialect(Struct, frozen=True, forbid_unknown_fields=True):
    """How this machine's training and replay files are written."""

    separator: str = ","
    decimal: str = "."
    header: bool = True
    """Whether the first row names the columns. Else they are the sensors and behind them the label, or of `one_hot`
    labels the defects, all in this file's order; a file to be scored may end with the sensors."""
    device: str = "device"
    """The device's column; where a file has none, its rows belong to one device named after the machine."""
    time: str = "time"
    """The time's column; where a file has none, its rows are a second apart."""
    time_format: str = "ISO8601"
    columns: dict[str, str] = {}
    """Sensor → column, where the names differ."""
    values: dict[str, dict[str, float]] = {}
    """Sensor → text → number, for sensors that a file writes as text. Messages may write the text, too."""


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """Devices that share a line, a hall, a site: where most of them get into trouble at once, it is told first."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    devices: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]
    """Names; `*` stands for any characters. A place of the same name in another machine's file is the same."""


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
    engineered: Annotated[tuple[EngineeredSensor, ...], Meta(max_length=1000)] = ()
    title: str = ""
    task: Task = "fault"
    defects: Annotated[tuple[Defect, ...], Meta(max_length=100)] = ()
    """Of task `defects`."""
    steps: Annotated[tuple[Step, ...], Meta(max_length=10)] = ()
    """Of task `one_class`: what readings go through before the model, in this order; fitted once, with it."""
    one_class: OneClassPolicy = OneClassPolicy()
    """Of task `one_class`."""
    target: Target | None = None
    """Of task `regression`."""
    topics: Annotated[tuple[Topic, ...], Meta(min_length=1)] = ()
    key: Literal["device", "any"] = "device"
    """`device`: the Kafka key must be the device's name. `any`: it says nothing."""
    message: MessageShape = OURS
    devices: tuple[str, ...] = ()
    """All devices there are; a reading of another is a dead letter. Absent: new ones are registered as they speak."""
    places: tuple[Place, ...] = ()
    """What devices share; a device may be in several."""
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
    model: ThresholdPolicy = ThresholdPolicy()
    advice: str = ""
    incident: IncidentPolicy = IncidentPolicy()
    sensor_faults: SensorFaultPolicy = SensorFaultPolicy()
    alerts: AlertPolicy = AlertPolicy()
    dead_letters: DeadLetterLimit = DeadLetterLimit()
    labels: Labels = Labels()
    csv: CsvDialect = CsvDialect()
    faults: tuple[SimulatedFault, ...] = ()

    @property
    def sensor_names(self) -> tuple[str, ...]:
        """The sensors in the file's order: the order of every array of readings."""
        return tuple(sensor.name for sensor in self.sensors)

    @property
    def has_own_messages(self) -> bool:
        """Whether its messages are written otherwise than ours."""
        return self.message != OURS or any(sensor.field is not None for sensor in self.sensors)

    @property
    def sent(self) -> "Machine":
        """The same machine with those sensors alone that devices send: without rolling ones."""
        sent = tuple(sensor for sensor in self.sensors if sensor.rolling is None)
        return self if len(sent) == len(self.sensors) else replace(self, sensors=sent)

    @property
    def sent_places(self) -> list[int]:
        """Where those sensors stand among all of them."""
        return [place for place, sensor in enumerate(self.sensors) if sensor.rolling is None]

    @property
    def has_rolling(self) -> bool:
        """Whether it has rolling sensors."""
        return any(sensor.rolling is not None for sensor in self.sensors)

    @property
    def classes(self) -> tuple[str, ...]:
        """Of task `defects`, by the number that is stored: first what calls nobody, then the defects that do."""
        if not self.defects:
            return ()
        normal = self.labels.normal
        return (normal, *(defect.name for defect in self.defects if defect.name != normal))

    @property
    def expressions(self) -> tuple[str, ...]:
        """Of the engineered sensors, in the file's order."""
        return tuple(sensor.expression for sensor in self.engineered)

    @property
    def inputs(self) -> tuple[Sensor | EngineeredSensor, ...]:
        """What its models go by: the sensors, and behind them the engineered ones."""
        return (*self.sensors, *self.engineered)
