"""The models in service: the champion of each machine, swapped between two batches."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping

from core.errors import ModelRefused, Unavailable
from core.machine import Machine
from core.ports import Model, ModelSource, Notices, PromotionLog
from core.prediction import ModelVersion

_log = logging.getLogger(__name__)

_POLL_S = 2.0
"""How long a lost notice delays a swap, and a server that was away its next try."""


class ModelKeeper(threading.Thread):
    """Loads champions in the background: all that can fail happens before `swap` touches what is in service."""

    def __init__(
        self, machines: Iterable[Machine], source: ModelSource, promotions: PromotionLog, notices: Notices
    ) -> None:
        super().__init__(name="models", daemon=True)
        self._machines = {machine.name: machine for machine in machines}
        self._source = source
        self._promotions = promotions
        self._notices = notices
        self._loaded: dict[str, Model] = {}
        self._refused: dict[str, ModelVersion] = {}
        self._waiting: set[str] = set()
        self._stopping = threading.Event()
        self._error: Exception | None = None
        self.in_service: Mapping[str, Model] = {}

    def swap(self, first_model: Callable[[Machine], None]) -> None:
        """Put newly loaded models into service, between two batches; call `first_model` for a machine's first one."""
        if self._error is not None:
            raise self._error
        for name in list(self._loaded):
            model = self._loaded.pop(name)
            new = name not in self.in_service
            self.in_service = {**self.in_service, name: model}
            _log.info("in service: %s", model.version)
            if new:
                first_model(self._machines[name])

    def run(self) -> None:
        """Follow the promotion log until stopped."""
        try:
            while not self._stopping.is_set():
                for machine in self._machines.values():
                    self.follow(machine)
                self._notices.wait(_POLL_S)
        except Exception as error:  # noqa: BLE001  # whatever ends this thread must end the process: `swap` raises it
            self._error = error

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def follow(self, machine: Machine) -> None:
        """Load the machine's champion unless it is the version that serves, or one that was refused."""
        try:
            champion = self._promotions.champion(machine.name)
        except Unavailable as error:
            _log.warning("who is champion of %s is not known: %s", machine.name, error)
            return
        if champion is None:
            self._say_waiting(machine)
        elif champion not in (self._newest(machine), self._refused.get(machine.name)):
            self._load(machine, champion)

    def _load(self, machine: Machine, champion: ModelVersion) -> None:
        try:
            self._loaded[machine.name] = self._source.load(machine, champion)
            self._record(machine, champion, "loaded", "")
        except ModelRefused as error:
            _log.error("refused %s: %s", champion, error)
            self._refused[machine.name] = champion
            self._record(machine, champion, "refused", str(error))
            self._fall_back(machine)
        except Unavailable as error:
            _log.warning("cannot load %s: %s; trying again", champion, error)
            self._fall_back(machine)

    def _fall_back(self, machine: Machine) -> None:
        """With nothing in service, the last version that was verified here serves."""
        if self._newest(machine) is None and (model := self._source.last_good(machine)) is not None:
            _log.warning("%s, the last good version, serves instead", model.version)
            self._loaded[machine.name] = model

    def _newest(self, machine: Machine) -> ModelVersion | None:
        model = self._loaded.get(machine.name) or self.in_service.get(machine.name)
        return model.version if model else None

    def _record(self, machine: Machine, version: ModelVersion, outcome: str, reason: str) -> None:
        try:
            self._promotions.record_load(machine.name, version, outcome, reason)
        except Unavailable as error:
            _log.warning("could not record that %s was %s: %s", version, outcome, error)

    def _say_waiting(self, machine: Machine) -> None:
        if machine.name not in self._waiting:
            self._waiting.add(machine.name)
            _log.warning(
                "%s has no champion yet: its readings wait in Kafka; train one: ./run train %s --simulate",
                machine.name,
                machine.name,
            )
