"""Versions in the shadow: scored beside the champions, and never a reason to score, store or alert anything less."""

import logging
import threading
from collections.abc import Iterable, Mapping

from consumer.bisection import described
from consumer.deadline import TookTooLong, within
from core.batch import Batch
from core.errors import ModelRefused, Unavailable
from core.machine import Machine
from core.ports.models import Model, ModelSource
from core.prediction import ModelVersion, Predictions
from core.shadow import Shadows

_log = logging.getLogger(__name__)

_POLL_S = 2.0


class ShadowKeeper(threading.Thread):
    """Follows in the background which versions are in the shadow, and lets them score."""

    def __init__(
        self,
        machines: Iterable[Machine],
        source: ModelSource,
        shadows: Shadows,
        limit: float,
        stopping: threading.Event,
    ) -> None:
        """`limit`: a version that takes more seconds than that to load or to score a batch hangs, and is dropped."""
        super().__init__(name="shadows", daemon=True)
        self._machines = {machine.name: machine for machine in machines}
        self._source = source
        self._shadows = shadows
        self._limit = limit
        self._stopping = stopping
        self._loaded: Mapping[str, Model] = {}
        self._dropped: set[ModelVersion] = set()

    def run(self) -> None:
        """Until stopped."""
        while not self._stopping.is_set():
            try:
                self.follow()
            except Unavailable as error:
                _log.debug("which versions are in the shadow is not known: %s", error)  # the main loop says so
            except Exception:  # noqa: BLE001  # a shadow is no reason to stop storing readings
                _log.exception("which versions are in the shadow is not known")
            self._stopping.wait(_POLL_S)

    def follow(self) -> None:
        """Load what is new in the shadow, let go what is there no more. Raises Unavailable."""
        wanted = {name: version for name, version in self._shadows.running().items() if name in self._machines}
        self._dropped &= set(wanted.values())  # who is asked for anew is tried anew
        kept = {name: model for name, model in self._loaded.items() if wanted.get(name) == model.version}
        for name in self._loaded.keys() - kept.keys():
            _log.info("no longer in the shadow: %s", self._loaded[name].version)
        self._loaded = kept
        for name, version in wanted.items():
            if name not in kept and version not in self._dropped:
                self._load(self._machines[name], version)

    def score(self, machine: Machine, batch: Batch) -> Predictions | None:
        """What the version in the machine's shadow says of the batch; None where there is none, or it fails."""
        model = self._loaded.get(machine.name)
        if model is None or model.version in self._dropped:
            return None
        try:
            predictions = within(self._limit, lambda: model.predict(batch.sensors))
        except Exception as error:  # noqa: BLE001  # a model may fail in any way
            self._drop(model.version, f"it cannot score: {described(error)}")
            return None
        if predictions.scores.shape != (len(batch),):
            self._drop(model.version, f"{len(predictions.scores)} scores for {len(batch)} readings")
            return None
        return predictions

    def _load(self, machine: Machine, version: ModelVersion) -> None:
        try:
            model = within(self._limit, lambda: self._source.load(machine, version))
        except (ModelRefused, TookTooLong) as error:
            self._drop(version, str(error))
        except Unavailable as error:
            _log.warning("cannot load %s for the shadow: %s; trying again", version, error)
        else:
            self._loaded = {**self._loaded, machine.name: model}
            _log.info("in the shadow: %s", version)

    def _drop(self, version: ModelVersion, reason: str) -> None:
        _log.error("%s is dropped from the shadow: %s; the champion goes on", version, reason)
        self._dropped.add(version)
