"""The thread of a trainer that shows new versions and champions in MLflow, beside whatever is being trained."""

import logging
import threading
from collections.abc import Callable, Iterable

from app.mirroring import CaughtUp, Mirroring
from core.errors import FaultlineError
from core.machine import Machine
from core.mirrored import Standing

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 5.0
_AFTER_FAILURE_S = 60.0


class MirrorWatch(threading.Thread):
    """Asks the database every few seconds, and MLflow only where something changed."""

    def __init__(
        self,
        make: Callable[[], Mirroring | None],
        machines: Iterable[Machine],
        stopping: threading.Event,
        after_failure_s: float = _AFTER_FAILURE_S,
    ) -> None:
        """`make`: loads MLflow, which takes seconds; called in the thread."""
        super().__init__(name="mirror", daemon=True)
        self._make = make
        self._machines = list(machines)
        self._stopping = stopping
        self._after_failure_s = after_failure_s
        self._shown: dict[str, Standing] = {}
        self._failing = False

    def run(self) -> None:
        """Until stopped; each outage is one warning."""
        mirroring = None
        while not self._stopping.is_set():
            try:
                mirroring = mirroring or self._make()
                if mirroring is None:
                    return
                self.look(mirroring)
            except FaultlineError as error:
                self._failed(str(error))
            except Exception as error:  # noqa: BLE001  # a service to people: no reason to stop training
                self._failed(repr(error))
            else:
                self._failing = False
            self._stopping.wait(self._after_failure_s if self._failing else _LOOK_EVERY_S)

    def look(self, mirroring: Mirroring) -> None:
        """Bring up to date what changed since the last look. Raises what stands in the way of it."""
        for machine in self._machines:
            standing = mirroring.kept.standing(machine.name)
            if standing == self._shown.get(machine.name) or self._stopping.is_set():
                continue
            if (done := mirroring.bring(machine)) is not None:
                self._shown[machine.name] = standing
                _tell(done)

    def _failed(self, why: str) -> None:
        if not self._failing:
            _log.warning("not shown in MLflow (MLFLOW_TRACKING_URI): %s; trying again", why)
        self._failing = True


def _tell(done: CaughtUp) -> None:
    for number in done.added:
        _log.info("%s v%d is shown in MLflow", done.machine, number)
    for number, why in done.refused.items():
        _log.warning("%s v%d is not shown in MLflow: %s", done.machine, number, why)
