"""What a producer tells: its totals, and whether Kafka confirms what it gets."""

import time
from collections.abc import Callable, Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from app.telemetry.families import family
from app.telemetry.names import CONFIRMED, PRODUCED, REFUSED
from producer.publisher import Totals

_PATIENCE_S = 30.0


class Published(Collector):
    """Looks at the totals while readings are published, and tells them when somebody asks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._totals = Totals()
        self._delivered = 0
        self._goes_on_at = clock()

    def watch(self, totals: Totals) -> None:
        """The totals so far; called many times a second."""
        self._totals = totals
        if totals.delivered != self._delivered or totals.delivered == totals.produced:
            self._delivered = totals.delivered
            self._goes_on_at = self._clock()

    def trouble(self) -> str:
        """Why readings are not confirmed, in a line; empty where they are."""
        waited = self._clock() - self._goes_on_at
        waiting = self._totals.produced - self._totals.delivered
        if waiting and waited > _PATIENCE_S:
            return f"Kafka has confirmed nothing for {waited:.0f} s: {waiting} readings wait"
        return ""

    def collect(self) -> Iterator[Metric]:
        """As it is now."""
        yield family(PRODUCED, {(): self._totals.produced})
        yield family(CONFIRMED, {(): self._totals.delivered})
        yield family(REFUSED, {(): self._totals.failed})

    def describe(self) -> Iterator[Metric]:
        """Their names alone."""
        yield from (family(metric, {}) for metric in (PRODUCED, CONFIRMED, REFUSED))
