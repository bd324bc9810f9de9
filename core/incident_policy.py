"""When faults, or sensors that cannot be right, become an incident, and when it is over."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct


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
