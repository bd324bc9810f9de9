"""How faults show in simulated readings."""

from typing import Annotated

from msgspec import Meta, Struct

from core.sensor import Name


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
