"""core.shown_devices.Devices in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.shown_devices import Course, ShownDevice, Trouble

NO_COURSE = Course((), (), ())


@dataclass
class FakeDevices:
    """Every operator follows every machine but those that are `foreign`."""

    shown: list[ShownDevice] = field(default_factory=list)
    courses: dict[tuple[str, str], Course] = field(default_factory=dict)
    incidents: dict[tuple[str, str], list[Trouble]] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)

    def latest(self, operator: int, search: str, count: int, skip: int = 0) -> Sequence[ShownDevice]:
        return [one for one in self._followed() if search.lower() in one.device.lower()][skip : skip + count]

    def machines_of(self, operator: int, device: str) -> Sequence[str]:
        return sorted(one.machine for one in self._followed() if one.device == device)

    def course(self, machine: str, device: str, count: int) -> Course:
        return self.courses.get((machine, device), NO_COURSE)

    def troubles(self, machine: str, device: str, count: int) -> Sequence[Trouble]:
        return self.incidents.get((machine, device), [])[:count]

    def _followed(self) -> Sequence[ShownDevice]:
        return [one for one in self.shown if one.machine not in self.foreign]
