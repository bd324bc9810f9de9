"""Whether any broker of Kafka's is connected with us: its client waits for all that are away, and says nothing."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

_LOOK_MS = 2_000
_PATIENCE_S = 10.0
"""A broker that is started anew is away for a few seconds, and nobody has to hear of it."""
_CONNECTED = ("UP", "UPDATE")


class _Broker(msgspec.Struct):
    state: str


class _Statistics(msgspec.Struct):
    brokers: Mapping[str, _Broker]


class Brokers:
    """Looked at by the client every two seconds while it is polled; asked from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._away_since: float | None = None

    def settings(self) -> Mapping[str, Any]:
        """What lets librdkafka tell us."""
        return {"statistics.interval.ms": _LOOK_MS, "stats_cb": self.look}

    def look(self, statistics: str) -> None:
        """Take in librdkafka's statistics, which are JSON."""
        brokers = msgspec.json.decode(statistics, type=_Statistics).brokers.values()
        if any(broker.state in _CONNECTED for broker in brokers):
            self._away_since = None
        elif self._away_since is None:
            self._away_since = self._clock()

    def trouble(self) -> str:
        """That no broker has been connected for a while, in a line; empty where one is."""
        since = self._away_since
        away = 0.0 if since is None else self._clock() - since
        return f"Kafka has not answered for {away:.0f} s" if away > _PATIENCE_S else ""
