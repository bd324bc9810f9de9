"""Disputes: people who say different things of one incident, and whose answer counts."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from core.label import Verdict, in_words
from core.numbers import clock

_PEOPLE, _NAME_LIMIT = 5, 40


class Said(Struct, frozen=True):
    """What one person says of an incident by now."""

    label: int
    operator: int
    by: str
    verdict: Verdict
    at: datetime
    settles: bool = False
    """An engineer said it: it comes before whatever operators say."""
    defect: str = ""
    """That was named."""
    value: float | None = None
    """That was measured."""

    @property
    def name(self) -> str:
        """Cut, so that several fit into a sentence."""
        return self.by[:_NAME_LIMIT]


def is_disputed(said: Sequence[Said]) -> bool:
    """Whether people differ."""
    return len({one.verdict for one in said}) > 1 or len({one.defect for one in said if one.defect}) > 1


def counting(said: Sequence[Said]) -> Said:
    """The one that counts: the latest of an engineer, or else the latest. `said`: of at least one person."""
    return max(said, key=lambda one: (one.settles, one.label))


def explained(said: Sequence[Said], zone: str) -> str:
    """Who says what, the latest last, and whose answer counts; empty where all agree. No name is escaped."""
    if not is_disputed(said):
        return ""
    shown = sorted(said, key=lambda one: one.label)[-_PEOPLE:]
    words = ", ".join(
        f"{one.name}{'' if place else ' said'} {in_words(one.verdict, one.defect, one.value)} ({clock(one.at, zone)})"
        for place, one in enumerate(shown)
    )
    last = counting(said)
    if last.settles:
        return f"{words}: {last.name}'s counts, an engineer settled it."
    rank = "later" if len(said) == 2 else "latest"
    return f"{words}: {last.name}'s, the {rank}, counts until an engineer settles it."
