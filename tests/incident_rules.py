"""The rules of incidents, reading by reading, as plainly as they can be said: what `core.incident.judge` must equal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from core.incident_policy import IncidentPolicy


class Event(NamedTuple):
    """What the reading at this place brought about, and what the trouble amounted to until then."""

    place: int
    what: str
    faults: int
    peak: float


@dataclass
class PlainDevice:
    """One device since it was last healthy."""

    policy: IncidentPolicy
    verdicts: list[bool] = field(default_factory=list)
    open: bool = False
    faults: int = 0
    peak: float = 0.0

    def see(self, index: int, score: float, fault: bool) -> Event | None:
        """The next scored reading."""
        self.verdicts.append(fault)
        if fault:
            self.faults, self.peak = self.faults + 1, max(self.peak, score)
        if not self.open and sum(self.verdicts[-self.policy.of_last :]) >= self.policy.open_after:
            self.open = True
            return Event(index, "opened", self.faults, self.peak)
        if self.open and self._quiet(self.policy.close_after):
            return Event(index, "closed", self.faults, self.peak)
        if not self.open and not any(self.verdicts[-self.policy.of_last :]):
            self.faults, self.peak = 0, 0.0
        return None

    def _quiet(self, readings: int) -> bool:
        return len(self.verdicts) >= readings and not any(self.verdicts[-readings:])


def plainly(readings: Sequence[tuple[int, float]], threshold: float, policy: IncidentPolicy) -> dict[int, list[Event]]:
    """The events of each device over (device, score) readings; NaN scores are not scored."""
    devices: dict[int, PlainDevice] = {}
    events: dict[int, list[Event]] = {}
    for index, (device, score) in enumerate(readings):
        if score == score:
            event = devices.setdefault(device, PlainDevice(policy)).see(index, score, score >= threshold)
            if event is not None:
                events.setdefault(device, []).append(event)
                if event.what == "closed":
                    del devices[device]
    return events
