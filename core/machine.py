"""A machine: one TOML file says what its readings look like and when a person is told."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from core.alert_policy import AlertPolicy
from core.csv_dialect import CsvDialect, Labels
from core.dead_letter_limit import DeadLetterLimit
from core.incident_policy import IncidentPolicy, SensorFaultPolicy
from core.message_shape import OURS, MessageShape
from core.one_class import OneClassPolicy
from core.sensor import EngineeredSensor, Name, Sensor
from core.simulated_fault import SimulatedFault
from core.steps import Step
from core.target import Target
from core.threshold import ThresholdPolicy

Task = Literal["fault", "defects", "one_class", "regression"]
Topic = Annotated[str, Meta(pattern=r"^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$", description="as Kafka takes it")]
DefectName = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z][A-Za-z0-9_ -]{0,23}$", description="letters, digits, _, - and blanks, at most 24 in all"),
]
"""Short enough for a button of Telegram's, which holds 64 bytes with the alert's number and a signature."""
Seconds = Annotated[float, Meta(gt=0, lt=4e9)]


class Defect(Struct, frozen=True, forbid_unknown_fields=True):
    """One of several kinds of fault, which people tell apart."""

    name: DefectName
    advice: str = ""
    """What to do; empty: what the machine's file says."""


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """Devices that share a line, a hall, a site: where most of them get into trouble at once, it is told first."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    devices: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]
    """Names; `*` stands for any characters. A place of the same name in another machine's file is the same."""


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
    """What readings go through before the model, in this order. Of other tasks than `one_class` scale, which they have
    anyway, and pca behind it."""
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
