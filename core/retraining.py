"""A new model, asked for in a chat."""

from enum import StrEnum


class Asked(StrEnum):
    """What the wish comes to."""

    REQUESTED = "requested"
    NOT_AN_ENGINEER = "not_an_engineer"
    WHICH_MACHINE = "which_machine"
    HOW = "how"
    """A word after the machine's name is no option."""
