"""Answers that teach nothing until an engineer decided: what engineers are shown of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from core.label import Verdict

Decision = Literal["released", "refused"]


class HeldAnswer(Struct, frozen=True):
    """One of them."""

    device: str
    verdict: Verdict
    at: datetime
    alert: int | None = None
    """None: it answers a question, or reports a fault."""


class ShownHold(Struct, frozen=True):
    """Answers of one person, and why somebody should look at them."""

    hold: int
    by: str
    reason: str
    since: datetime
    count: int
    answers: tuple[HeldAnswer, ...]
    """The newest of them first."""


class LabelHolds(Protocol):
    """Where engineers decide. Both methods raise Unavailable."""

    def waiting(self, operator: int, machine: str) -> Sequence[ShownHold]:
        """Those of a machine that the operator follows which nobody decided about, oldest first."""

    def decide(self, hold: int, decision: Decision, engineer: str, why: str) -> int:
        """Let the labels teach, or never; how many they are. UserError where it was decided, or no engineer decides."""
