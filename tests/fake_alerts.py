"""core.shown.Alerts over a FakeInbox: alerts that it sent, with the answers that it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from core.shown import Answer, ShownAlert, ShownPush, ShownSensor
from core.shown_devices import Course
from tests.builders import NOON
from tests.fake_inbox import FakeInbox


@dataclass
class FakeAlerts:
    """Every alert is for the operators who may see it."""

    inbox: FakeInbox
    seen_by: dict[int, list[int]] = field(default_factory=dict)
    """Operator → alerts."""
    devices: dict[int, str] = field(default_factory=dict)
    readings: dict[int, Course] = field(default_factory=dict)
    pushed: dict[int, tuple[ShownPush, ...]] = field(default_factory=dict)

    def newest(
        self, operator: int, count: int, before: int | None = None, *, waiting: bool = False
    ) -> Sequence[ShownAlert]:
        numbers = sorted(self.seen_by.get(operator, []), reverse=True)
        alerts = [self._shown(number) for number in numbers if before is None or number < before]
        return [alert for alert in alerts if not waiting or alert.answer is None][:count]

    def one(self, operator: int, alert: int) -> ShownAlert | None:
        return self._shown(alert) if alert in self.seen_by.get(operator, []) else None

    def courses(self, alerts: Sequence[int], count: int) -> Mapping[int, Course]:
        return {alert: self.readings[alert] for alert in alerts if alert in self.readings}

    def _shown(self, alert: int) -> ShownAlert:
        sensor = ShownSensor("vibration", 9.1342, 1.0, 6.25, "mm/s")
        device = self.devices.get(alert, f"press-{alert}")
        shown = ShownAlert(alert, "press", device, "fault", NOON, None, 0.87, 3, (sensor,), 2, self._answer(alert))
        return replace(shown, pushed=self.pushed.get(alert, ()))

    def _answer(self, alert: int) -> Answer | None:
        counting = [place for place in range(len(self.inbox.labels)) if place not in self.inbox.taken_back]
        for place in reversed(counting):
            of, operator, verdict = self.inbox.labels[place]
            if of == alert:
                comment = next(reply.comment for _, reply, _ in self.inbox.replies if reply.alert == alert)
                return Answer(place + 1, verdict, operator, f"operator {operator}", NOON, comment)
        return None
