"""Notices a model that hangs while it scores: nobody else can, since the main loop waits for it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.prediction import ModelVersion

_TICK_S = 1.0


class Watchdog(threading.Thread):
    """Calls `hangs` when one call of a model takes more than `limit` seconds."""

    def __init__(self, limit: float, hangs: Callable[[ModelVersion], None]) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._limit = limit
        self._hangs = hangs
        self._scoring: ModelVersion | None = None
        self._calls = 0
        self._seen = -1
        self._waited = 0.0
        self._stopping = threading.Event()

    @contextmanager
    def scoring(self, version: ModelVersion) -> Iterator[None]:
        """Within it, this version scores."""
        self._calls += 1
        self._scoring = version
        try:
            yield
        finally:
            self._scoring = None

    def run(self) -> None:
        """Look every second until stopped."""
        while not self._stopping.wait(_TICK_S):
            self.look(_TICK_S)

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def look(self, passed: float) -> None:
        """Count `passed` seconds against the call that was going on the last time as well.

        Looks are counted instead of the clock: a process that was frozen for an hour has not scored for an hour.
        """
        version, call = self._scoring, self._calls
        if version is None or call != self._seen:
            self._seen, self._waited = call, 0.0
            return
        self._waited += passed
        if self._waited >= self._limit:
            self._hangs(version)
