"""Defects: which of a machine's kinds of fault it is, and how people name one."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from core.label import Answer, Verdict, read_answer
from core.machine import Machine

MOST = 3
"""Of the likeliest ones that people are told of."""
_COMMENT = re.compile(r"(?:\s*[,.;:!–—]\s+|\s*\n)(\S.*)", re.DOTALL)


class LikelyDefect(Struct, frozen=True):
    """A defect that a reading may show."""

    defect: str
    probability: float


def likeliest(machine: Machine, probabilities: Sequence[float]) -> Sequence[LikelyDefect]:
    """At most `MOST` of the machine's defects, the likeliest first; `probabilities`: of each class.

    What calls nobody is among them only where the machine's file lists it as a defect.
    """
    listed = {defect.name for defect in machine.defects}
    pairs = zip(machine.classes, probabilities, strict=True)
    found = [LikelyDefect(name, probability) for name, probability in pairs if name in listed]
    return sorted(found, key=lambda one: -one.probability)[:MOST]


def advice_on(machine: Machine, likely: Sequence[LikelyDefect]) -> str:
    """What to do about the likeliest; where its own advice is empty, the machine's."""
    advice = {defect.name: defect.advice for defect in machine.defects}
    return (advice.get(likely[0].defect, "") if likely else "") or machine.advice


def plain_name(name: str) -> str:
    """As people may write it: `Z_Scratch`, `z-scratch` and `Z scratch` are one."""
    return re.sub(r"[\s_-]+", " ", name.strip()).casefold()


def said_class(verdict: Verdict, defect: str, classes: Sequence[str]) -> int:
    """The class that a real fault or a false alarm says of its readings, as core.history.History numbers them.

    -1: a fault of which nobody named the defect, or one that the machine has no more.
    """
    if verdict is not Verdict.FAULT:
        return 0
    return classes.index(defect) if defect in classes[1:] else -1


class DefectAnswer(NamedTuple):
    """An answer, and which defect it says that it is."""

    answer: Answer
    defect: str
    """As the machine's file writes it."""


def read_defect(text: str, classes: Sequence[str]) -> DefectAnswer | None:
    """An answer that names one of a machine's classes, alone, behind `Y`, or with a comment after a mark; else None.

    The first class calls nobody: who names it says that it was a false alarm.
    """
    if (found := _named(text, classes)) is not None:
        return found
    answer = read_answer(text)
    if answer is None or answer.verdict is not Verdict.FAULT or not answer.comment:
        return None
    behind = _named(answer.comment, classes)
    return behind if behind is not None and behind.answer.verdict is Verdict.FAULT else None


def _named(text: str, classes: Sequence[str]) -> DefectAnswer | None:
    known = {plain_name(name): name for name in classes}
    if (name := known.get(plain_name(text.strip().rstrip(".!")))) is not None:
        return DefectAnswer(Answer(_verdict(name, classes)), name)
    for end in re.finditer(r"[,.;:!–—\n]", text):
        name = known.get(plain_name(text[: end.start()]))
        comment = _COMMENT.fullmatch(text, end.start())
        if name is not None and comment is not None:
            return DefectAnswer(Answer(_verdict(name, classes), comment.group(1).strip()), name)
    return None


def _verdict(name: str, classes: Sequence[str]) -> Verdict:
    return Verdict.FALSE_ALARM if name == classes[0] else Verdict.FAULT
