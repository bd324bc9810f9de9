"""What people are shown of a machine's models, and what engineers may ask for there."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from core.learning_curve import Served
from core.login import Visitor
from core.shadow import ShownShadow
from core.training_options import TrainingOptions


class ShownVersion(Struct, frozen=True):
    """A model version with what it reached on the hold-out when it was trained."""

    number: int
    algorithm: str
    threshold: float
    pr_auc: float | None
    """None: not known of this version; so of F1."""
    f1: float | None
    labels: int
    """That it was trained with."""
    created_by: str
    created_at: datetime
    champion: bool
    report: str | None = None
    """sha256 of its training's report; None: made before there were any."""


class ShownMachine(Struct, frozen=True):
    """A machine and its champion."""

    machine: str
    devices: int
    champion: ShownVersion | None
    """None before the first promotion."""
    since: datetime | None
    """When it was promoted."""
    under_way: int
    """Training requests that wait or run."""


class ShownPromotion(Struct, frozen=True):
    """An entry of the promotion log."""

    number: int
    previous: int | None
    kind: str
    decided_by: str
    reason: str
    at: datetime


class ShownRequest(Struct, frozen=True):
    """A training request, under way or over."""

    request: int
    state: str
    asked_by: str
    via: str
    at: datetime
    finished_at: datetime | None
    progress: str
    """Every line so far."""
    version: int | None
    reason: str
    report: str | None = None
    """sha256 of the training's report."""

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("pending", "running")


class ShownDrift(Struct, frozen=True):
    """What the latest look found of one sensor beside what the champion learnt from."""

    sensor: str
    psi: float | None
    """None: too few readings to say, as of the medians."""
    median: float | None
    median_before: float | None
    missing: float
    """Share of the readings."""
    outside: float
    words: str
    """What is past a limit; empty: nothing."""
    at: datetime


class ShownModels(Struct, frozen=True):
    """All that there is of a machine's models, the newest first."""

    versions: tuple[ShownVersion, ...]
    promotions: tuple[ShownPromotion, ...]
    requests: tuple[ShownRequest, ...]
    drift: tuple[ShownDrift, ...] = ()
    """Of the champion; none before the first look."""
    shadow: ShownShadow | None = None
    """Who is or was last in the shadow; None: nobody ever."""
    served: tuple[Served, ...] = ()
    """Of each version that was ever champion, oldest first."""


class Wish(StrEnum):
    """What became of the wish for a new model."""

    REQUESTED = "requested"
    NOT_AN_ENGINEER = "not_an_engineer"
    UNKNOWN_MACHINE = "unknown_machine"
    """There is none of that name, or the person does not follow it."""
    UNDER_WAY = "under_way"
    """Another request of the machine waits or runs."""


class Wished(Struct, frozen=True):
    """What became of it, and the request: the new one, or the one that is under way."""

    wish: Wish
    request: int | None = None


class Models(Protocol):
    """The models of the machines that an operator follows. All methods raise Unavailable."""

    def machines(self, operator: int) -> Sequence[ShownMachine]:
        """By name."""

    def of(self, operator: int, machine: str) -> ShownModels | None:
        """None where the operator does not follow such a machine."""

    def requests(self, operator: int, machine: str) -> Sequence[ShownRequest]:
        """Those that wait or run."""

    def retrain(self, visitor: Visitor, machine: str, options: TrainingOptions, via: str) -> Wished:
        """A durable request, as `./run retrain` makes it, where an engineer asks and none is under way."""
