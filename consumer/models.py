"""The models in service: the champion of each machine, swapped between two batches."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping

from consumer.deadline import TookTooLong, within
from core.errors import ModelFailed, ModelRefused, Unavailable
from core.machine import Machine
from core.ports.models import Model, ModelSource, PromotionLog
from core.ports.notices import Notices
from core.prediction import ModelVersion

_log = logging.getLogger(__name__)

_POLL_S = 2.0
"""How long a lost notice delays a swap, and a server that was away its next try."""


class ModelKeeper(threading.Thread):
    """Loads champions in the background: all that can fail happens before `swap` touches what is in service."""

    def __init__(
        self,
        machines: Iterable[Machine],
        source: ModelSource,
        promotions: PromotionLog,
        notices: Notices,
        load_limit: float,
    ) -> None:
        """`load_limit`: a version that takes more seconds than that to load hangs, and is refused."""
        super().__init__(name="models", daemon=True)
        self._machines = {machine.name: machine for machine in machines}
        self._source = source
        self._promotions = promotions
        self._notices = notices
        self._load_limit = load_limit
        self._loaded: dict[str, Model] = {}
        self._refused: dict[str, ModelVersion] = {}
        self._before: dict[str, Model] = {}
        """What served before the version in service: where that one fails, it goes back into service."""
        self._unfit: set[ModelVersion] = set()
        self._waiting: dict[str, None] = {}
        """Machines that had no champion, in the order in which that was seen."""
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
            self._before |= {} if new else {name: self.in_service[name]}
            self.in_service = {**self.in_service, name: model}
            _log.info("in service: %s", model.version)
            if new:
                first_model(self._machines[name])

    def trouble(self) -> str:
        """Why nothing is scored here, in a line; empty where a model serves."""
        return "" if self.in_service else "no machine has a model that serves here"

    def withdraw(self, error: ModelFailed) -> bool:
        """Take a version that fails out of service, between two batches; whether the one before it serves instead.

        It is not loaded again while it stays champion.
        """
        version = error.version
        name = version.machine
        _log.error("out of service: %s", error)
        self._unfit.add(version)
        self._refused[name] = version
        before = self._before.pop(name, None)
        if before is None or before.version in self._unfit:
            self.in_service = {other: model for other, model in self.in_service.items() if other != name}
            _log.error("nothing serves %s: its readings wait in Kafka until another version is champion", name)
        else:
            self.in_service = {**self.in_service, name: before}
            _log.warning("%s, the last good version, serves instead", before.version)
        self._record(self._machines[name], version, "withdrawn", str(error))
        return name in self.in_service

    def run(self) -> None:
        """Follow the promotion log until stopped."""
        try:
            while not self._stopping.is_set():
                self.follow_all()
                self._notices.wait(_POLL_S)
        except Exception as error:  # noqa: BLE001  # whatever ends this thread must end the process: `swap` raises it
            self._error = error

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def follow_all(self) -> None:
        """Load every machine's champion, as `follow` does; those that have none are said in one line, once."""
        said = len(self._waiting)
        for machine in self._machines.values():
            self.follow(machine)
        if new := list(self._waiting)[said:]:
            _log.warning("no champion yet of %s: train one, such as ./run train %s --simulate", ", ".join(new), new[0])

    def follow(self, machine: Machine) -> None:
        """Load the machine's champion unless it is the version that serves, or one that was refused."""
        try:
            champion = self._promotions.champion(machine.name)
        except Unavailable as error:
            _log.warning("who is champion of %s is not known: %s", machine.name, error)
            return
        if champion is None:
            self._waiting[machine.name] = None
        elif champion not in (self._newest(machine), self._refused.get(machine.name)):
            self._load(machine, champion)

    def _load(self, machine: Machine, champion: ModelVersion) -> None:
        try:
            if (reason := self._promotions.withdrawn(champion)) is not None:
                _log.error("%s was taken out of service: %s", champion, reason)
                self._refused[machine.name] = champion
                self._fall_back(machine)
                return
            self._loaded[machine.name] = within(self._load_limit, lambda: self._source.load(machine, champion))
            self._record(machine, champion, "loaded", "")
        except (ModelRefused, TookTooLong) as error:
            _log.error("refused %s: %s", champion, error)
            self._refused[machine.name] = champion
            self._record(machine, champion, "refused", str(error))
            self._fall_back(machine)
        except Unavailable as error:
            _log.warning("cannot load %s: %s; trying again", champion, error)
            self._fall_back(machine)

    def _fall_back(self, machine: Machine) -> None:
        """With nothing in service, the last version that was verified here serves."""
        if self._newest(machine) is not None:
            return
        try:
            model = within(self._load_limit, lambda: self._source.last_good(machine))
        except TookTooLong as error:
            _log.error("the last good version of %s: %s", machine.name, error)
            return
        if model is not None and model.version not in (*self._unfit, self._refused.get(machine.name)):
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
