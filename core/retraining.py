"""A new model, asked for in a chat."""

from enum import StrEnum

MOST_WAITING = 10
"""Requests of one machine that no trainer took yet: who asks for more has no trainer, or has asked enough."""


class Asked(StrEnum):
    """What the wish comes to."""

    REQUESTED = "requested"
    NOT_AN_ENGINEER = "not_an_engineer"
    WHICH_MACHINE = "which_machine"
    HOW = "how"
    """A word after the machine's name is no option."""
    TOO_MANY = "too_many"
    """As many as may wait do so already."""
