"""What a consumer tells of its work, once a batch and never once a reading."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from core.batch import Batch
from core.machine import Machine
from core.prediction import Predictions


class Meter(Protocol):
    """Whoever counts; called from several threads."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Entered while a batch is in a stage: decode, score, conclude or store."""

    def stored(self, machine: Machine, batch: Batch, predictions: Predictions) -> None:
        """All of a batch is committed."""

    def fenced(self) -> None:
        """Somebody else owns a partition: nothing of a batch was written."""


class Unmetered:
    """Counts nothing."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Take no time."""
        return nullcontext()

    def stored(self, machine: Machine, batch: Batch, predictions: Predictions) -> None:
        """Forget it."""

    def fenced(self) -> None:
        """Forget it."""
