"""A watch on the dispatcher from outside: whoever is silent cannot say so."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from core.errors import FaultlineError, Unavailable
from core.overdue import Waiting, overdue_words

_log = logging.getLogger(__name__)

_LOOK_S = 15.0
_REMIND_S = 600.0


class Outbox(Protocol):
    """db.waiting.PostgresWaiting."""

    def look(self) -> Waiting:
        """What was not delivered yet. Raises Unavailable."""

    def take_turn(self, pause_s: float) -> bool:
        """Whether this process is the one that tells engineers now. Raises Unavailable."""


class OutboxWatch(threading.Thread):
    """Says it while messages to people wait for too long: when it begins, every ten minutes, and its end.

    To the log; and, one process for all, to the engineers past the outbox.
    """

    def __init__(
        self,
        outbox: Outbox,
        stopping: threading.Event,
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name="outbox watch", daemon=True)
        self._outbox = outbox
        self._stopping = stopping
        self._tell = tell
        self._clock = clock
        self._told_at: float | None = None

    def run(self) -> None:
        """Look until stopped."""
        pause = 0.0
        while not self._stopping.wait(pause):
            pause = _LOOK_S
            try:
                self.turn()
            except Unavailable as error:
                _log.debug("cannot look into the outbox: %s", error)  # the main loop says so
            except Exception:  # noqa: BLE001  # a watch is a service to others, and never a reason to stop storing readings
                _log.exception("cannot look into the outbox")

    def turn(self) -> None:
        """Look once. Raises Unavailable."""
        words = overdue_words(self._outbox.look())
        if not words:
            if self._told_at is not None:
                _log.info("messages to people are on their way again")
            self._told_at = None
        elif self._told_at is None or self._clock() - self._told_at >= _REMIND_S:
            self._told_at = self._clock()
            _log.error("%s", words)
            self._tell_engineers(words)

    def _tell_engineers(self, words: str) -> None:
        if not self._outbox.take_turn(_REMIND_S * 0.9):
            return
        try:
            self._tell(f"Faultline: {words}")
        except FaultlineError as error:
            _log.error("engineers could not be told past the outbox: %s", error)  # one line says it
