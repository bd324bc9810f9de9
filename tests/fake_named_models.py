"""core.named_models.NamedModels in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.machine import Machine
from core.named_models import NamedVersion
from core.ports.models import Model


@dataclass
class FakeNamedModels:
    """Models by number, and the names that trainings were asked for under."""

    model: Callable[[str, int], Model]
    known: list[NamedVersion] = field(default_factory=list)

    def names(self, machine: Machine) -> Sequence[NamedVersion]:
        return self.known if machine.name == "permeability" else ()

    def load(self, machine: Machine, number: int) -> Model:
        return self.model(machine.name, number)
