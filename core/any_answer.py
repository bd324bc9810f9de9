"""Whatever answers an alert: a verdict, the defect that it is, or what was measured."""

from collections.abc import Sequence
from typing import NamedTuple

from core.defect import read_defect
from core.label import Answer, read_answer
from core.measured import Measurable, read_measured


class AnyAnswer(NamedTuple):
    """An answer, and what it says besides the verdict."""

    answer: Answer
    defect: str = ""
    """As the machine's file writes it; empty: none is named."""
    value: float | None = None
    """That was measured; None: nothing was."""


def read_any_answer(text: str, classes: Sequence[str], measurable: Measurable | None = None) -> AnyAnswer | None:
    """An answer that may name one of a machine's classes, or say what was measured; None where the text is none.

    Nor is it one where the person's own word and what they measured contradict each other.
    """
    if (named := read_defect(text, classes)) is not None:
        return AnyAnswer(named.answer, named.defect)
    if measurable is not None and (measured := read_measured(text, measurable)) is not None:
        return AnyAnswer(measured.answer, value=measured.value)
    answer = read_answer(text)
    if answer is None or (measurable is not None and read_measured(answer.comment, measurable) is not None):
        return None
    return AnyAnswer(answer)
