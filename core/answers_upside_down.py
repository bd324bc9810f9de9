"""Whether people's answers say the opposite of what the champion says: somebody may answer the wrong way round."""

from collections.abc import Sequence
from math import exp, lgamma
from typing import NamedTuple

from core.label import Verdict
from core.training import LabelledIncident

_CHANCE = 0.001


class AnswerCounts(NamedTuple):
    """What was said where the champion rang, and where it did not and people were asked."""

    confirmed: int
    refuted: int
    found: int
    """Faults that questions found."""
    calm: int
    """Normal readings that they found."""

    @property
    def upside_down(self) -> bool:
        """Whether alerts are faults less often than readings without one are, beyond chance.

        Fisher's exact test, one-sided. A model that is worth anything rings where faults are more likely, and questions
        go mostly to normal readings, however blind it is to one kind of fault.
        """
        alerts, questions = self.confirmed + self.refuted, self.found + self.calm
        faults = self.confirmed + self.found
        others, all_ways = alerts + questions - faults, _log_comb(alerts + questions, alerts)
        possible = range(max(0, alerts - others), self.confirmed + 1)
        ways = (_log_comb(faults, told) + _log_comb(others, alerts - told) for told in possible)
        return sum(exp(some - all_ways) for some in ways) < _CHANCE


def _log_comb(of: int, chosen: int) -> float:
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)


def answer_counts(incidents: Sequence[LabelledIncident]) -> AnswerCounts:
    """Of effective labels; reports, which only ever speak of faults, count nowhere."""
    alerts = [one.verdict for one in incidents if one.alert is not None and not one.asked]
    questions = [one.verdict for one in incidents if one.asked]
    return AnswerCounts(
        alerts.count(Verdict.FAULT),
        alerts.count(Verdict.FALSE_ALARM),
        questions.count(Verdict.FAULT),
        questions.count(Verdict.FALSE_ALARM),
    )
