"""What a command does, decided before it is written."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from core.reply import Outcome


def nothing(inbox: int) -> None:
    """What is written where we ask back."""


class Act(NamedTuple):
    """What a command comes to."""

    outcome: Outcome
    facts: Mapping[str, object]
    """For the answer to who asked; `command` among them, if it was one."""
    write: Callable[[int], int | None] = nothing
    """Called with the row of the inbox; gives back the label that it makes."""
