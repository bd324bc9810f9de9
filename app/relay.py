"""The copies of dead letters in Kafka: made from the table, beside the main loop, which never waits for them."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from core.dead_letter import KeptLetter
from core.errors import Unavailable

_log = logging.getLogger(__name__)

_IDLE_S = 1.0
_TROUBLE_S = 5.0
_AGAIN_S = 60.0
"""How long a topic that cannot be created is left alone."""


class Letters(Protocol):
    """db.unrelayed.PostgresUnrelayed."""

    def alone(self) -> AbstractContextManager[bool]:
        """Whether no other process copies at the same time."""

    def waiting(self, without: Collection[str]) -> Sequence[KeptLetter]:
        """Those without a copy, but for those of these topics."""

    def relayed(self, letters: Sequence[KeptLetter]) -> None:
        """These have a copy."""


class Copies(Protocol):
    """producer.dead_topics.DeadTopics."""

    def copy(self, letters: Sequence[KeptLetter]) -> Sequence[KeptLetter]:
        """Publish them; those that arrived."""

    @property
    def refused(self) -> Collection[str]:
        """Topics whose copies have nowhere to go."""

    def try_again(self) -> None:
        """Look for those topics anew."""


class Relay(threading.Thread):
    """Copies each dead letter at least once: one that is copied and not marked, because we died, is copied again."""

    def __init__(
        self,
        letters: Letters,
        copies: Copies,
        stopping: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name="relay", daemon=True)
        self._letters = letters
        self._copies = copies
        self._stopping = stopping
        self._clock = clock
        self._again_at = 0.0

    def run(self) -> None:
        """Copy until stopped; while a server is away, wait."""
        pause, trouble = 0.0, ""
        while not self._stopping.wait(pause):
            try:
                pause, trouble = (0.0 if self.turn() else _IDLE_S), ""
            except Unavailable as error:
                if str(error) != trouble:
                    _log.warning("dead letters wait to be copied: %s", error)
                pause, trouble = _TROUBLE_S, str(error)
            except Exception:  # noqa: BLE001  # copies are a service to others, and never a reason to stop storing readings
                _log.exception("dead letters cannot be copied to Kafka")
                pause = _AGAIN_S

    def turn(self) -> int:
        """Copy what waits, as far as memory allows; how many letters have a copy now that had none. Unavailable."""
        with self._letters.alone() as alone:
            if not alone:
                return 0
            if self._copies.refused and self._clock() >= self._again_at:
                self._again_at = self._clock() + _AGAIN_S
                self._copies.try_again()
                without: Collection[str] = ()
            else:
                without = self._copies.refused
            arrived = self._copies.copy(self._letters.waiting(without))
            self._letters.relayed(arrived)
            return len(arrived)
