"""A measured value as an answer: how people write it, and what it says of the alert."""

import re
from typing import NamedTuple

import numpy as np

from core.batch import MOST
from core.label import Answer, Verdict, read_answer


class Measurable(NamedTuple):
    """What can be measured of an alert's reading."""

    low: float | None
    high: float | None
    unit: str = ""

    def verdict(self, value: float) -> Verdict:
        """A fault lies beyond a limit, as core.target.outside has it."""
        too_low = self.low is not None and value < self.low
        return Verdict.FAULT if too_low or (self.high is not None and value > self.high) else Verdict.FALSE_ALARM


class MeasuredAnswer(NamedTuple):
    """An answer that says what was measured."""

    answer: Answer
    value: float


_NUMBER = r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,15})?(?:[eE][+-]?[0-9]{1,3})?"
_COMMENT = r"(?:\s*[,;:!–—]\s+|\s*\n|\s*\.\s+)"


def read_measured(text: str, of: Measurable) -> MeasuredAnswer | None:
    """`18.2`, `18,2 g/m²·day`, also behind `Y` or `N`, or with a comment after a mark; else None.

    Limits make the verdict; where the person's own word contradicts them it is no answer. One point or comma is the
    decimal one: whoever writes thousands apart is not understood, or their verdict is another one.
    """
    unit = rf"(?:\s*{re.escape(of.unit)})?" if of.unit else ""
    said = read_answer(text)
    if said is not None and not said.comment:
        return None
    words = text if said is None else said.comment
    found = re.fullmatch(rf"\s*({_NUMBER}){unit}[.!\s]*(?:{_COMMENT}(\S.*))?", words, re.DOTALL | re.IGNORECASE)
    if found is None:
        return None
    value = float(found[1].replace(",", "."))
    verdict = of.verdict(value)
    if not np.abs(value) <= MOST or (said is not None and said.verdict is not verdict):
        return None
    return MeasuredAnswer(Answer(verdict, (found[2] or "").strip()), value)
