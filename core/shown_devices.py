"""What the page shows of devices, and what it asks of the database for that."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec import Struct


class ShownDevice(Struct, frozen=True):
    """A device with its latest reading."""

    machine: str
    device: str
    time: datetime | None
    """None: none of the latest readings is its."""
    score: float | None
    """None: it was not scored."""
    in_trouble: bool
    """An incident of it is open."""
    scores: tuple[float | None, ...] = ()
    """Of its latest readings, oldest first."""


class Trouble(Struct, frozen=True):
    """An incident of a device."""

    alert: int | None
    since: datetime
    until: datetime | None


class Course(NamedTuple):
    """A device's latest readings, oldest first."""

    times: Sequence[datetime]
    scores: Sequence[float | None]
    sensors: Sequence[tuple[str, Sequence[float | None]]]
    """Name, and a value for each time; in the machine's order."""


class Devices(Protocol):
    """The devices of the machines that an operator follows. All methods raise Unavailable."""

    def latest(self, operator: int, search: str, count: int, skip: int = 0) -> Sequence[ShownDevice]:
        """At most `count` whose name holds `search`: those in trouble first, then by score, the highest first.

        The first `skip` of them are left out.
        """

    def machines_of(self, operator: int, device: str) -> Sequence[str]:
        """The machines that have a device of this name."""

    def course(self, machine: str, device: str, count: int) -> Course:
        """Its latest readings, at most `count`; fewer where they lie too far back to be looked for."""

    def troubles(self, machine: str, device: str, count: int) -> Sequence[Trouble]:
        """Its newest incidents, newest first."""
