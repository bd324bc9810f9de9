"""How often a key may ask: a bucket of tokens each."""

from collections.abc import Callable
from typing import NamedTuple

_BURST_S = 2.0
"""So many seconds' worth of requests may come at once."""
_MOST_KEYS = 10_000


class _Bucket(NamedTuple):
    tokens: float
    at: float


class Rate:
    """Limits each name to so many requests a second, over a short burst."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        """0: nobody is limited. `clock`: seconds, never backwards."""
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, name: str) -> float:
        """Take one request of this name; 0, or the seconds after which it would be taken."""
        if not self._per_second:
            return 0.0
        most = max(1.0, self._per_second * _BURST_S)
        now = self._clock()
        tokens, at = self._buckets.get(name, _Bucket(most, now))
        tokens = min(most, tokens + (now - at) * self._per_second)
        if len(self._buckets) >= _MOST_KEYS:
            self._buckets.clear()  # as many keys nobody has; whoever guesses names must not fill the memory
        taken = tokens >= 1
        self._buckets[name] = _Bucket(tokens - taken, now)
        return 0.0 if taken else (1 - tokens) / self._per_second
