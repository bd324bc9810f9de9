"""What a person's answers did to the model that was promoted."""

from collections.abc import Collection, Sequence

from msgspec import Struct

from core.label import Verdict
from core.verdict_replay import Replayed, lost


class Taught(Struct, frozen=True):
    """Of one person, in one new model."""

    machine: str
    version: int
    answers: int
    """Given since the version before, and learnt from."""
    refuted: int
    """False alarms among these."""
    quiet: int
    """Of them, how many would no longer ring."""
    confirmed: int
    """Faults that the person ever confirmed or reported and that the version before finds."""
    lost: tuple[str, ...]
    """Of them, those that would be missed, by name."""


def taught(
    machine: str, version: int, new: Collection[int], given: Collection[int], replay: Sequence[Replayed]
) -> Taught:
    """`new`: numbers of the person's labels that this version is the first to learn from; `given`: of all of them."""
    mine = [one for one in replay if one.label in given]
    refuted = [one for one in mine if one.verdict is Verdict.FALSE_ALARM and one.label in new]
    return Taught(
        machine,
        version,
        answers=len(new),
        refuted=len(refuted),
        quiet=sum(not one.rings.challenger for one in refuted),
        confirmed=sum(one.verdict is Verdict.FAULT and one.rings.champion for one in mine),
        lost=tuple(one.name for one in lost(mine)),
    )
