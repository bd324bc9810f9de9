"""core.shown.Alerts over a FakeInbox: alerts that it sent, with the answers that it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from core.dispute import Said
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
    of_sensors: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Alert → what was seen of a sensor and what to do."""

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
        if found := self.of_sensors.get(alert):
            shown = replace(shown, kind="sensor", standing_out=(), probability=0.0, reasons=found[:1], advice=found[1])
        return replace(shown, pushed=self.pushed.get(alert, ()), said=self._said(alert))

    def _said(self, alert: int) -> tuple[Said, ...]:
        newest = {one.operator: one for one in reversed(self.inbox.given(alert))}
        said = sorted(newest.values())
        return tuple(
            Said(one.label, one.operator, f"operator {one.operator}", one.verdict, NOON, one.settles) for one in said
        )

    def _answer(self, alert: int) -> Answer | None:
        given = max(self.inbox.given(alert), key=lambda one: (one.settles, one.label), default=None)
        if given is None:
            return None
        comment = next(reply.comment for _, reply, _ in self.inbox.replies if reply.alert == alert)
        return Answer(given.label, given.verdict, given.operator, f"operator {given.operator}", NOON, comment)
