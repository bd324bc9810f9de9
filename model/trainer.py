"""The trainer: takes retraining requests one at a time."""

import logging
import threading
from collections.abc import Callable, Sequence

import msgspec

from core.errors import FaultlineError, Fenced, Unavailable
from core.ports.notices import Notices
from core.training import TrainingQueue, TrainingRequest
from model.fit import Progress
from model.release import Outcome

_log = logging.getLogger(__name__)
_POLL_S = 2.0
_RETRY_S = 10.0


class _Stopped(FaultlineError):
    """We were asked to end: give the request back."""


class Trainer:
    """Claims requests, keeps their leases while it trains, and says how they ended."""

    def __init__(
        self,
        queue: TrainingQueue,
        retrain: Callable[[TrainingRequest, Progress], Outcome],
        notices: Notices,
        machines: Sequence[str],
        worker: str,
        stopping: threading.Event,
        lease_s: float = 30.0,
    ) -> None:
        self._queue = queue
        self._retrain = retrain
        self._notices = notices
        self._machines = machines
        self._worker = worker
        self._stopping = stopping
        self._lease_s = lease_s

    def run(self) -> None:
        """Work until stopped; a database that is away is waited for."""
        while not self._stopping.is_set():
            try:
                worked = self.take_one()
            except Unavailable as error:
                _log.warning("%s; trying again", error)
                worked = False
            if not worked:
                self._notices.wait(_POLL_S)

    def take_one(self) -> bool:
        """Work on the next request; False where there is none. Raises Unavailable where the database is away."""
        request = self._queue.claim(self._worker, self._machines, self._lease_s)
        if request is None:
            return False
        _log.info(
            "request %d for %s, asked by %s, try %d", request.id, request.machine, request.asked_by, request.tries
        )
        with _Heartbeat(self._queue, request, self._worker, self._lease_s) as heartbeat:
            self._work(request, heartbeat)
        return True

    def _work(self, request: TrainingRequest, heartbeat: "_Heartbeat") -> None:
        def progress(line: str) -> None:
            if self._stopping.is_set():
                raise _Stopped
            heartbeat.say(line)

        try:
            outcome = self._retrain(request, progress)
        except _Stopped:
            self._queue.release(request, self._worker, "its trainer was stopped", after_s=0, counts=False)
        except Fenced as error:
            _log.warning("request %d: %s", request.id, error)
        except Unavailable as error:
            _log.warning("request %d: %s; trying again", request.id, error)
            self._queue.release(request, self._worker, str(error), after_s=_RETRY_S, counts=True)
        except FaultlineError as error:
            _log.warning("request %d failed: %s", request.id, error)
            self._queue.finish(request, self._worker, "failed", {"reason": str(error)})
        else:
            version = f" v{outcome.version}" if outcome.version else ""
            _log.info("request %d: %s%s %s: %s", request.id, outcome.machine, version, outcome.state, outcome.reason)
            self._queue.finish(request, self._worker, outcome.state, msgspec.to_builtins(outcome))


class _Heartbeat:
    """Renews a request's lease in the background while the block runs."""

    def __init__(self, queue: TrainingQueue, request: TrainingRequest, worker: str, lease_s: float) -> None:
        self._queue = queue
        self._request = request
        self._worker = worker
        self._lease_s = lease_s
        self._over = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "_Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def say(self, line: str) -> None:
        """Publish a line of progress. Raises Fenced where another trainer took the request over."""
        _log.info("request %d: %s", self._request.id, line)
        if self._lost.is_set() or not self._queue.renew(self._request, self._worker, self._lease_s, line):
            raise Fenced("another trainer took the request over")

    def _beat(self) -> None:
        while not self._over.wait(self._lease_s / 3):
            try:
                if not self._queue.renew(self._request, self._worker, self._lease_s):
                    self._lost.set()
                    return
            except Unavailable as error:
                _log.warning("request %d: the lease could not be renewed: %s", self._request.id, error)
