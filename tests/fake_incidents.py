"""core.shown_incidents.Incidents in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.shown_incidents import ShownIncident


@dataclass
class FakeIncidents:
    """Of the machines that are named, all of which every operator follows; the newest first."""

    known: dict[str, list[ShownIncident]] = field(default_factory=dict)

    def newest(
        self, operator: int, machine: str, count: int, before: int | None = None, *, still_open: bool = False
    ) -> Sequence[ShownIncident] | None:
        if machine not in self.known:
            return None
        return [
            one
            for one in self.known[machine]
            if (before is None or one.incident < before) and (one.until is None or not still_open)
        ][:count]
