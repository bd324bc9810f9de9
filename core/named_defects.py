"""Defects that people named, told by both models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.label import Verdict
from core.training import LabelledIncident
from core.which_defect import Which


@dataclass(frozen=True, slots=True)
class NamedDefects:
    """Troubles whose defect a person named, by the names that people know."""

    troubles: int
    lost: tuple[str, ...]
    """That the champion alone calls so."""
    gained: tuple[str, ...]
    """That the challenger alone calls so."""


def compare_named(
    incidents: Sequence[LabelledIncident], classes: Sequence[str], champion: Which, challenger: Which
) -> NamedDefects | None:
    """What most of the readings that a name speaks of are called; None where nobody named a defect."""
    chosen = [one for one in incidents if _is_named(one, classes)]
    if not chosen:
        return None
    right = [[_mostly(which, one) == classes.index(one.defect) for which in (champion, challenger)] for one in chosen]
    names = [f"label {one.label}" if one.alert is None else f"#{one.alert}" for one in chosen]
    pairs = list(zip(names, right, strict=True))
    lost = tuple(name for name, (before, after) in pairs if before and not after)
    gained = tuple(name for name, (before, after) in pairs if after and not before)
    return NamedDefects(len(chosen), lost, gained)


def _is_named(one: LabelledIncident, classes: Sequence[str]) -> bool:
    named = one.named is None or bool(one.named.any())
    return (
        one.verdict is Verdict.FAULT and one.defect in classes[1:] and len(one.sensors) > 0 and named and not one.held
    )


def _mostly(which: Which, one: LabelledIncident) -> int:
    rows = one.sensors if one.named is None else one.sensors[one.named]
    return int(np.bincount(which(rows)).argmax())
