"""core.shown_machines.Models in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.learning_curve import Served
from core.login import Visitor
from core.shadow import ShownShadow
from core.shown_machines import (
    ShownDrift,
    ShownMachine,
    ShownModels,
    ShownPromotion,
    ShownRequest,
    ShownVersion,
    Wish,
    Wished,
)
from core.training_options import TrainingOptions
from tests.builders import NOON

V1 = ShownVersion(1, "lr", 0.5, 0.71, 0.6, 0, "ada", NOON, champion=False)
V2 = ShownVersion(2, "rf", 0.413, 0.8126, 0.704, 7, "Anna", NOON, champion=True)


@dataclass
class FakeModels:
    """Everybody follows the press, which has two versions."""

    follows: tuple[str, ...] = ("press",)
    """Of whom everybody may ask for a training."""
    asked: list[ShownRequest] = field(default_factory=list)
    """The newest first."""
    wishes: list[tuple[str, TrainingOptions]] = field(default_factory=list)
    versions: tuple[ShownVersion, ...] = (V2, V1)
    reason: str = "not worse on the hold-out"
    drift: tuple[ShownDrift, ...] = ()
    shadow: ShownShadow | None = None
    served: tuple[Served, ...] = ()

    def machines(self, operator: int) -> Sequence[ShownMachine]:
        champion = next((one for one in self.versions if one.champion), None)
        return [ShownMachine("press", 3, champion, NOON if champion else None, len(self.requests(operator, "press")))]

    def of(self, operator: int, machine: str) -> ShownModels | None:
        if machine != "press":
            return None
        promotions = tuple(ShownPromotion(one.number, None, "gate", "gate", self.reason, NOON) for one in self.versions)
        return ShownModels(self.versions, promotions, tuple(self.asked), self.drift, self.shadow, self.served)

    def requests(self, operator: int, machine: str) -> Sequence[ShownRequest]:
        return [one for one in self.asked if one.is_under_way and machine == "press"]

    def retrain(self, visitor: Visitor, machine: str, options: TrainingOptions, via: str) -> Wished:
        if visitor.role != "engineer":
            return Wished(Wish.NOT_AN_ENGINEER)
        if machine not in self.follows:
            return Wished(Wish.UNKNOWN_MACHINE)
        if under_way := self.requests(visitor.id, machine):
            return Wished(Wish.UNDER_WAY, under_way[0].request)
        number = len(self.asked) + 1
        self.wishes.append((via, options))
        self.asked.insert(0, ShownRequest(number, "pending", visitor.name, via, NOON, None, "", None, ""))
        return Wished(Wish.REQUESTED, number)
