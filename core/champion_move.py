"""Moving the champion by hand: what an engineer wishes on the page and a trainer carries out."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from msgspec import Struct

from core.login import Visitor
from core.prediction import ModelVersion

Kind = Literal["override", "rollback"]


class Move(Struct, frozen=True):
    """A wish that waits."""

    version: ModelVersion
    instead_of: ModelVersion | None
    """The champion when it was wished."""
    kind: Kind
    asked_by: str
    reason: str


class ShownMove(Struct, frozen=True):
    """A wish, and what became of it."""

    number: int
    kind: Kind
    asked_by: str
    state: Literal["pending", "done", "refused"]
    answer: str
    at: datetime


class Moved(StrEnum):
    """What became of the wish to move the champion."""

    WISHED = "wished"
    NOT_AN_ENGINEER = "not_an_engineer"
    UNKNOWN_MACHINE = "unknown_machine"
    UNKNOWN_VERSION = "unknown_version"
    CHAMPION_ALREADY = "champion_already"
    NOTHING_EARLIER = "nothing_earlier"
    """There is no champion before this one."""
    UNDER_WAY = "under_way"
    """Another wish of the machine waits."""


class ChampionWishes(Protocol):
    """Where engineers wish. All methods raise Unavailable."""

    def promote(self, visitor: Visitor, machine: str, number: int, reason: str) -> Moved:
        """Wish that this version serves, against the gate's word."""

    def roll_back(self, visitor: Visitor, machine: str, reason: str) -> Moved:
        """Wish that the champion before this one serves again."""

    def newest(self, operator: int, machine: str) -> ShownMove | None:
        """The newest wish of a machine that the operator follows."""
