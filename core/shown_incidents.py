"""Incidents of all devices of a machine, with and without an alert."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from core.severity import Severity


class ShownIncident(Struct, frozen=True):
    """An incident as it stands now."""

    incident: int
    device: str
    kind: Literal["fault", "sensor", "silent"]
    since: datetime
    until: datetime | None
    """None: it is open."""
    severity: Severity
    probability: float
    """The highest of a reading of it."""
    faults: int
    model_version: int
    """That opened it."""
    alert: int | None
    """None: it raised none."""


class Incidents(Protocol):
    """What became of the machines that an operator follows."""

    def newest(
        self, operator: int, machine: str, count: int, before: int | None = None, *, still_open: bool = False
    ) -> Sequence[ShownIncident] | None:
        """At most `count`, the newest first; None: no such machine, or the operator does not follow it. Unavailable.

        `before`: only older ones than this. `still_open`: only those that are.
        """
