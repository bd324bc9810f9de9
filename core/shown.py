"""What operators are shown of an alert, and what the page asks of the database for that."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from core.defect import LikelyDefect
from core.dispute import Said
from core.label import Verdict
from core.machine import Task
from core.severity import Severity
from core.shown_devices import Course
from core.target import PredictedValue


class ShownSensor(Struct, frozen=True):
    """A sensor outside its usual range when the alert was raised."""

    sensor: str
    value: float
    low: float
    high: float
    unit: str = ""


class ShownPush(Struct, frozen=True):
    """A sensor that spoke for a fault."""

    sensor: str
    value: float | None
    """None: absent."""
    unit: str
    low: float | None
    high: float | None
    """Its usual range; None: unknown."""
    share: float
    """Of all that spoke for a fault, 0 to 1."""


class Answer(Struct, frozen=True):
    """The answer to an alert that counts."""

    label: int
    verdict: Verdict
    operator: int
    by: str
    at: datetime
    comment: str = ""
    defect: str = ""
    """That was named."""
    value: float | None = None
    """That was measured."""


class ShownAlert(Struct, frozen=True):
    """An alert as it stands now."""

    alert: int
    machine: str
    device: str
    kind: Literal["fault", "sensor", "silent"]
    since: datetime
    until: datetime | None
    """None: its incident is still open."""
    probability: float
    """The highest so far."""
    faults: int
    standing_out: tuple[ShownSensor, ...]
    model_version: int
    answer: Answer | None
    severity: Severity = Severity.LOW
    said: tuple[Said, ...] = ()
    """By each person, the latest last."""
    reasons: tuple[str, ...] = ()
    """What was seen of sensors that cannot be right."""
    advice: str = ""
    """What to do; empty: what the machine's file says."""
    defects: tuple[LikelyDefect, ...] = ()
    """Of a machine with several, the likeliest first."""
    pushed: tuple[ShownPush, ...] = ()
    """Empty until it was looked into, and where nothing was found."""
    spoke_for: str = ""
    """The defect that `pushed` is about, or the higher or lower value; empty: a fault."""
    predicted: PredictedValue | None = None
    """Of a machine whose value is predicted."""
    task: Task = "fault"
    """Of the machine's model: what `probability` is of."""

    @property
    def version(self) -> str:
        """Another one whenever it must be shown anew: `open` or `over`, the severity, and what people say.

        And whether it says which sensors pushed it.
        """
        state = f"{'over' if self.until else 'open'} {self.severity.words}{' explained' if self.pushed else ''}"
        return " ".join([state, *(str(one.label) for one in self.said)])

    def taken_back_by(self, operator: int) -> int | None:
        """The label that this person may take back: their own, and the newest or the one that counts."""
        newest = self.said[-1:]
        counts = [one for one in self.said if self.answer and one.label == self.answer.label]
        return next((one.label for one in (*newest, *counts) if one.operator == operator), None)


class Alerts(Protocol):
    """The alerts of the machines that an operator follows. All methods raise Unavailable."""

    def newest(
        self, operator: int, count: int, before: int | None = None, *, waiting: bool = False
    ) -> Sequence[ShownAlert]:
        """At most `count`, newest first, older than alert `before`; `waiting`: only those that nobody has answered."""

    def one(self, operator: int, alert: int) -> ShownAlert | None:
        """The one of this number; None where there is none for this operator."""

    def courses(self, alerts: Sequence[int], count: int) -> Mapping[int, Course]:
        """By alert, its device's readings up to the end of its incident or up to now, at most `count`.

        One whose readings are gone or lie too far back is left out.
        """
