"""What the database knows, told by one process for all: the page, under a role that may count and no more."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from app.telemetry.families import Values, family
from app.telemetry.names import DATABASE_UP, FROM_DATABASE
from core.errors import Unavailable

_log = logging.getLogger(__name__)

_KEPT_S = 5.0
"""However many ask, and however often, the database counts that seldom."""
PREFIX = "faultline_"
"""Before the name that a measure has in the database's own part."""


class Measures(Protocol):
    """db.measures.PostgresMeasures."""

    def read(self) -> Mapping[str, Values]:
        """Every measure by its name. Raises Unavailable."""


class Stored(Collector):
    """Reads when somebody asks; where the database is away it says that, and nothing old."""

    def __init__(
        self, measures: Measures, clock: Callable[[], float] = time.monotonic, patience_s: float = 3.0
    ) -> None:
        self._measures = measures
        self._patience_s = patience_s
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._read: Mapping[str, Values] | None = None

    def collect(self) -> Iterator[Metric]:
        """All measures, or that they could not be read."""
        read = self._now()
        yield family(DATABASE_UP, {(): read is not None})
        if read is not None:
            for metric in FROM_DATABASE:
                yield family(metric, read[metric.name.removeprefix(PREFIX)])

    def describe(self) -> Iterator[Metric]:
        """Their names alone."""
        yield from (family(metric, {}) for metric in (DATABASE_UP, *FROM_DATABASE))

    def _now(self) -> Mapping[str, Values] | None:
        if not self._lock.acquire(timeout=self._patience_s):
            return None  # a database that is frozen keeps the one that asked it first, and not all who ask later
        try:
            if self._clock() - self._read_at >= _KEPT_S:
                self._read = self._look()
                self._read_at = self._clock()
            return self._read
        finally:
            self._lock.release()

    def _look(self) -> Mapping[str, Values] | None:
        try:
            return self._measures.read()
        except Unavailable as error:
            _log.warning("what the database knows cannot be told: %s", error)
            return None
