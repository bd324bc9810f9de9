"""The thread of a trainer that looks whether readings are still like those that the champions learnt from."""

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from core.drift import Drift
from core.drift_watch import READINGS
from core.errors import FaultlineError
from core.machine import Machine
from core.prediction import ModelVersion
from core.recent_alarms import Recent
from core.training import Promotions
from model.drift import drift_of
from model.source import VerifiedModels

_log = logging.getLogger(__name__)
_POLL_S = 300.0


class DriftLog(Protocol):
    """What each look found. Both methods raise Unavailable."""

    def is_due(self, version: ModelVersion, at: datetime) -> bool:
        """Whether nobody has looked for an hour."""

    def record(self, drift: Drift, at: datetime) -> None:
        """Note what a look found, and tell engineers what is new and lasts."""


class SpreadReadings(Protocol):
    """Readings of the last day or two."""

    def spread(self, machine: Machine, count: int) -> Recent:
        """About so many, at even steps."""


class DriftWatch(threading.Thread):
    """Looks once an hour at each machine that has a champion, beside whatever is being trained."""

    def __init__(
        self,
        machines: Iterable[Machine],
        promotions: Promotions,
        models: VerifiedModels,
        readings: SpreadReadings,
        log: DriftLog,
        stopping: threading.Event,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(name="drift watch", daemon=True)
        self._machines = list(machines)
        self._promotions = promotions
        self._models = models
        self._readings = readings
        self._log = log
        self._stopping = stopping
        self._now = now

    def run(self) -> None:
        """Until stopped; servers that are away are waited for."""
        while not self._stopping.is_set():
            for machine in self._machines:
                try:
                    self.look(machine)
                except FaultlineError as error:
                    _log.warning("whether the readings of %s drift is not known: %s", machine.name, error)
                except Exception:  # noqa: BLE001  # a service to people: no reason to stop training
                    _log.exception("whether the readings of %s drift is not known", machine.name)
            self._stopping.wait(_POLL_S)

    def look(self, machine: Machine) -> None:
        """Look at one machine where that is due. Raises ModelRefused, Unavailable."""
        champion = self._promotions.champion(machine.name)
        if champion is None or not self._log.is_due(champion, self._now()):
            return
        drift = look(machine, champion, self._models, self._readings)
        if drift is not None and drift.readings:  # else the first look, before anything was read, would fill the hour
            self._log.record(drift, self._now())


def look(machine: Machine, version: ModelVersion, models: VerifiedModels, readings: SpreadReadings) -> Drift | None:
    """How far the last readings moved away from what the version learnt from; None: that was not kept with it.

    Raises ModelRefused, Unavailable.
    """
    manifest = models.manifest(machine, version)
    if manifest.reference is None:
        return None
    recent = readings.spread(machine, READINGS)
    return drift_of(machine, models.load(machine, version), manifest.reference, manifest.metrics, recent)
