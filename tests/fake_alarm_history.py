"""core.alarm_quality.AlarmHistory in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.alarm_quality import Alarm
from tests.builders import NOON


@dataclass
class FakeAlarmHistory:
    """Every operator follows every machine."""

    alarms: list[Alarm] = field(default_factory=list)

    def now(self) -> datetime:
        return NOON

    def raised(
        self, start: datetime, end: datetime, machine: str | None = None, operator: int | None = None
    ) -> Sequence[Alarm]:
        wanted = [one for one in self.alarms if machine in (None, one.machine)]
        return [one for one in wanted if one.at < end and (one.at >= start or one.until is None)]
