"""Models in service: where they come from, what they say, and who is champion."""

from collections.abc import Mapping
from typing import Protocol

from core.batch import Floats
from core.machine import Machine
from core.prediction import ModelVersion, Predictions, UsualRange


class Model(Protocol):
    """A loaded, verified model version."""

    @property
    def version(self) -> ModelVersion:
        """Its name."""

    @property
    def usual(self) -> Mapping[str, UsualRange]:
        """The usual range of each sensor."""

    def predict(self, sensors: Floats) -> Predictions:
        """Predictions for rows of shape (n, sensors) in the machine's order, NaN for absent.

        A row's prediction does not depend on the others: the same bits alone and in a batch.
        """


class ModelSource(Protocol):
    """Where verified models come from."""

    def load(self, machine: Machine, version: ModelVersion) -> Model:
        """The version, verified before a byte of it is unpickled. Raises ModelRefused or Unavailable."""

    def last_good(self, machine: Machine) -> Model | None:
        """The last version that was verified and cached here, verified again; for when servers are down."""


class PromotionLog(Protocol):
    """Who is champion."""

    def champion(self, machine: str) -> ModelVersion | None:
        """The version in service; None before the first promotion."""

    def record_load(self, machine: str, version: ModelVersion, outcome: str, reason: str = "") -> None:
        """Note what became of a version in this process: `loaded`, `refused` or (it failed in service) `withdrawn`."""

    def withdrawn(self, version: ModelVersion) -> str | None:
        """Why some process took the version out of service since it was promoted; None: nobody did."""
