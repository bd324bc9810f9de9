"""Why a partition is not read any further until a person decides."""

from enum import StrEnum
from typing import NamedTuple


class HaltKind(StrEnum):
    """What was found; it says which ways on there are."""

    TOPIC_ID_CHANGED = "topic id changed"
    """The topic was deleted and made anew: its offsets mean other readings."""
    PAST_THE_END = "past the end of the log"
    """The log is shorter than what was read of it: Kafka lost messages that it had acknowledged."""
    DEAD_LETTERS = "dead letters"
    """Too many messages became dead letters: something is wrong at the source, or with us."""
    NO_ORDER = "no order"
    """A device's readings may come in any order. Mended by configuration, and over as soon as that is."""


class Halt(NamedTuple):
    """The fact that a partition is halted."""

    kind: HaltKind
    reason: str
    """One sentence for a person."""
