"""Waiting for the group: said aloud when it takes long, since nothing else would tell why nothing is read."""

import logging
import time
from collections.abc import Callable

_log = logging.getLogger(__name__)

_LONG_S = 30.0
_GRACE_S = 10.0


class GroupWait:
    """How long the group has given us nothing. Fetching thread only.

    A rebalance waits for every member that it knows. One that died counts until its session has timed out; but a broker
    that was killed may forget to look at the sessions it finds when it starts again (Kafka 4.3.1, seen once in 36
    restarts), and then waits for `limit_s`, the poll interval that the member had asked for. Nothing that we know of
    takes longer while Kafka answers, so after that we join anew as another member.
    """

    def __init__(self, limit_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._since: float | None = None
        self._say_at = 0.0

    def began(self) -> None:
        """We have asked to join, or lost what we had."""
        self._since = self._clock()
        self._say_at = self._since + _LONG_S

    def over(self) -> None:
        """The group has told us what is ours, be it nothing."""
        self._since = None

    def look(self) -> None:
        """Say that it takes long, twice a minute."""
        now = self._clock()
        if self._since is not None and now >= self._say_at:
            self._say_at = now + _LONG_S
            _log.warning(
                "no partition was given to us for %.0f s: Kafka is away, or the group waits for another member,"
                " %.0f s at most (KAFKA_MAX_POLL_INTERVAL_MS)",
                now - self._since,
                self._limit_s,
            )

    def is_too_long(self) -> bool:
        """Whether no member can be what the group waits for any more; says so."""
        if self._since is None or (waited := self._clock() - self._since) < self._limit_s + _GRACE_S:
            return False
        _log.warning("no partition was given to us for %.0f s: leaving the group, and joining it anew", waited)
        return True
