"""core.champion_move.ChampionWishes in memory."""

from dataclasses import dataclass, field

from core.champion_move import Kind, Moved, ShownMove
from core.login import Visitor
from tests.builders import NOON


@dataclass
class FakeChampions:
    """The press has v1 and v2, of which v2 is champion and v1 was before."""

    wishes: list[tuple[str, int, str]] = field(default_factory=list)
    """(kind, number, reason), oldest first."""
    move: ShownMove | None = None

    def promote(self, visitor: Visitor, machine: str, number: int, reason: str) -> Moved:
        if number == 2:
            return Moved.CHAMPION_ALREADY
        return self._wish(visitor, machine, number, "override", reason) if number == 1 else Moved.UNKNOWN_VERSION

    def roll_back(self, visitor: Visitor, machine: str, reason: str) -> Moved:
        return self._wish(visitor, machine, 1, "rollback", reason)

    def newest(self, operator: int, machine: str) -> ShownMove | None:
        return self.move if machine == "press" else None

    def _wish(self, visitor: Visitor, machine: str, number: int, kind: Kind, reason: str) -> Moved:
        if visitor.role != "engineer":
            return Moved.NOT_AN_ENGINEER
        if machine != "press":
            return Moved.UNKNOWN_MACHINE
        if self.move is not None and self.move.state == "pending":
            return Moved.UNDER_WAY
        self.wishes.append((kind, number, reason))
        self.move = ShownMove(number, kind, visitor.name, "pending", "", NOON)
        return Moved.WISHED
