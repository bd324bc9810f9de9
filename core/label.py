"""Labels: what a person's answer means."""

import re
from enum import StrEnum
from typing import NamedTuple

from core.numbers import number


class Verdict(StrEnum):
    """What a person says of an incident's readings."""

    FAULT = "fault"
    FALSE_ALARM = "false_alarm"
    MAINTENANCE = "maintenance"
    SENSOR_FAULT = "sensor_fault"
    NOT_SURE = "not_sure"

    @property
    def words(self) -> str:
        """As people read it."""
        return "real fault" if self is Verdict.FAULT else self.value.replace("_", " ")


def in_words(verdict: Verdict, defect: str, value: float | None = None) -> str:
    """A verdict and the defect that was named with it, or what was measured, as people read them."""
    if value is not None:
        return f"{verdict.words}: measured {number(value)}"
    return f"{verdict.words}: {defect}" if defect else verdict.words


class Answer(NamedTuple):
    """A verdict, and what its person said besides."""

    verdict: Verdict
    comment: str = ""


_WORDS = {
    "y": Verdict.FAULT,
    "yes": Verdict.FAULT,
    "fault": Verdict.FAULT,
    "n": Verdict.FALSE_ALARM,
    "no": Verdict.FALSE_ALARM,
    **{verdict.words: verdict for verdict in Verdict},
}
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
# A comment follows a mark or a new line; after the single letters a blank will do: "N door was open". After a whole
# word it will not: "no idea" is no false alarm.
_ANSWER = re.compile(
    rf"\s*(?:({_WORD})[.!]*(?:\s*[,.;:!–—-]\s+|\s*\n)|([yn])[,.;:!]*\s+)(\S.*)", re.IGNORECASE | re.DOTALL
)
_ALONE = re.compile(rf"\s*({_WORD})[.!\s]*", re.IGNORECASE)
_NAMED = re.compile(rf"\s*({_WORD})[,.;:!]*\s+#?([1-9][0-9]{{0,17}})[.!\s]*", re.IGNORECASE)


def read_answer(text: str) -> Answer | None:
    """The verdict that a written answer gives, in any case, and the comment after it; None where it gives none.

    An answer whose comment begins with another verdict contradicts itself, and gives none.
    """
    if alone := _ALONE.fullmatch(text):
        return Answer(_WORDS[alone.group(1).lower()])
    found = _ANSWER.fullmatch(text)
    if found is None:
        return None
    verdict = _WORDS[(found.group(1) or found.group(2)).lower()]
    comment = found.group(3).strip()
    begins = re.match(rf"(?:{_WORD})\b", comment, re.IGNORECASE)
    return None if begins and _WORDS[begins.group().lower()] is not verdict else Answer(verdict, comment)


class Named(NamedTuple):
    """A written answer that names its alert: `N 14`."""

    answer: str
    alert: int


def read_named_answer(text: str) -> Named | None:
    """An answer with nothing but the alert's number behind it (`Y 14`, `no #14`); None where the text is none."""
    found = _NAMED.fullmatch(text)
    return Named(found[1], int(found[2])) if found else None
