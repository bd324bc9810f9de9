"""Model versions under the names that programs of an older system gave them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from core.machine import Machine
from core.ports.models import Model


class NamedVersion(NamedTuple):
    """A training that somebody gave a name."""

    name: str
    state: str
    """Of its request: `pending`, `running`, `promoted`, `refused`, `trained` or `failed`."""
    number: int | None
    """The version that came of it; None: none yet, or none at all."""


class VersionNames(Protocol):
    """The names that trainings were asked for under. Raises Unavailable."""

    def of(self, machine: str) -> Sequence[NamedVersion]:
        """The newest first; of one name only the newest that led to a version, or else the newest."""


class NamedModels(Protocol):
    """Where the models behind names come from."""

    def names(self, machine: Machine) -> Sequence[NamedVersion]:
        """Those there are, the newest first. Raises Unavailable."""

    def load(self, machine: Machine, number: int) -> Model:
        """That version, verified. Raises ModelRefused, Unavailable."""
