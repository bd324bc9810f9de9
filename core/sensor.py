"""What a machine measures: its sensors, and numbers that are computed from them."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from core.batch import MOST
from core.flags import HIGHEST_BIT
from core.message_shape import Field

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,47}$", description="lower case letters, digits and _")]


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
