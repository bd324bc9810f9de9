"""What operators are shown of a question, and what the page asks of the database for that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.label import Verdict
from core.machine import Task
from core.question import Pool
from core.shown import Answer


class ShownQuestion(Struct, frozen=True):
    """A reading that raised no alert, which a person is asked about, and the answer once there is one."""

    question: int
    machine: str
    device: str
    time: datetime
    probability: float
    pool: Pool
    sensor: str
    """That lies farthest out."""
    above: bool
    readings: tuple[tuple[str, float | None], ...]
    """Sensors in the machine's order; None: absent."""
    answer: Answer | None = None
    task: Task = "fault"
    """Of the machine's model: what `probability` is of."""

    @property
    def version(self) -> str:
        """Another one whenever it must be shown anew."""
        return f"asked {self.answer.label}" if self.answer else "asked"


class ShownQuestions(Protocol):
    """The questions that an operator was asked lately. Both methods raise Unavailable."""

    def newest(self, operator: int, count: int, *, waiting: bool = False) -> Sequence[ShownQuestion]:
        """At most `count`, newest first; `waiting`: only those without an answer."""

    def one(self, operator: int, question: int) -> ShownQuestion | None:
        """The one of this number; None where this operator was asked no such one."""


def why_asked(pool: Pool, sensor: str, above: bool) -> str:
    """The reason in a sentence; the sensor's name as it is given."""
    match pool:
        case Pool.BAND:
            return "We ask because the model was not sure."
        case Pool.TAIL:
            return f"We ask because {sensor} was {'higher' if above else 'lower'} than in readings that were reviewed."
        case Pool.AUDIT:
            return "We ask because it was drawn at random, to learn what is missed."


def said_of_a_question(verdict: Verdict) -> str:
    """The verdict, where there was no alarm to call false."""
    return "no fault" if verdict is Verdict.FALSE_ALARM else verdict.words
