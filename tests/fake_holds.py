"""core.held_labels.LabelHolds in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.errors import UserError
from core.held_labels import Decision, ShownHold


@dataclass
class FakeHolds:
    """Those of the press, until somebody decides."""

    held: list[ShownHold] = field(default_factory=list)
    decided: list[tuple[int, Decision, str, str]] = field(default_factory=list)
    """(hold, decision, engineer, why), oldest first."""
    is_late: bool = False
    """Somebody else decides between look and decision."""

    def waiting(self, operator: int, machine: str) -> Sequence[ShownHold]:
        return list(self.held) if machine == "press" else []

    def decide(self, hold: int, decision: Decision, engineer: str, why: str) -> int:
        if self.is_late:
            raise UserError("decided already")
        self.decided.append((hold, decision, engineer, why))
        self.held = [one for one in self.held if one.hold != hold]
        return 1
