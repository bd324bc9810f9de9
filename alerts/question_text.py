"""A question in words: that it is one, why we ask, the reading, and how to answer."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from alerts.markup import Markup
from core.label import Verdict
from core.machine import Task
from core.numbers import clock, number
from core.question import Pool
from core.score_words import likely
from core.shown_questions import said_of_a_question, why_asked

_SENSORS = 12


class QuestionFacts(Struct, frozen=True):
    """A reading that raised no alert, and the answer once there is one."""

    question: int
    machine: str
    device: str
    time: datetime
    probability: float
    pool: Pool
    sensor: str
    above: bool
    readings: tuple[tuple[str, float | None], ...]
    verdict: Verdict | None = None
    by: str = ""
    label: int | None = None
    task: Task = "fault"
    """Of the machine's model."""


def question_text(facts: QuestionFacts, zone: str, markup: Markup, repeat: bool = False) -> str:
    """The question, its first line made for a lock screen; an answered one says by whom. At most 4096 characters."""
    return "\n".join(_lines(facts, zone, markup, repeat))


def question_answer_text(facts: QuestionFacts, markup: Markup) -> str:
    """The answer alone, in a line that names its question."""
    said = "The answer was taken back." if facts.verdict is None else _answer(facts, facts.verdict, markup)
    return f"Question #{facts.question}, {markup.name(facts.device)}. {said}"


def _lines(facts: QuestionFacts, zone: str, markup: Markup, repeat: bool) -> Iterator[str]:
    yield "? " + markup.bold(f"A question about {markup.name(facts.device)}: no alert, and no hurry")
    if repeat:
        yield f"(possible repeat) of question #{facts.question}"
    yield f"{clock(facts.time, zone)}, {likely(facts.probability, facts.task)}"
    yield why_asked(facts.pool, markup.text(facts.sensor, 60), facts.above)
    for sensor, value in facts.readings[:_SENSORS]:
        if value is not None:
            yield f"• {markup.text(sensor, 60)}: {number(value)}"
    yield f"Machine: {markup.text(facts.machine, 100)} · question #{facts.question}"
    yield ""
    if facts.verdict is None:
        yield "Was this a fault? Reply Y/N"
        return
    yield _answer(facts, facts.verdict, markup)


def _answer(facts: QuestionFacts, verdict: Verdict, markup: Markup) -> str:
    return f"{markup.bold(f'Answer: {said_of_a_question(verdict)}')} ({markup.text(facts.by, 100)})"
