"""What every process tells of itself: its metrics, whether it lives, and whether it is ready."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from app.heartbeat import Heartbeat
from app.settings import Settings
from app.telemetry.families import family
from app.telemetry.names import LOOP, READY
from app.telemetry.server import Answer, Posts, TelemetryServer

_log = logging.getLogger(__name__)

LIVE_S = 60.0
"""A loop that has not come round for so long hangs; the health checks of the containers hold the same."""
TRAINING_S = 900.0
"""A training is not interrupted to show that it lives."""

Trouble = Callable[[], str]
"""Why a process is not ready, in a line; empty where it is."""


class Telemetry(Collector):
    """`/metrics`, `/health/live` and `/health/ready` of a process."""

    def __init__(
        self,
        heartbeat: Heartbeat,
        troubles: Iterable[Trouble],
        live_s: float = LIVE_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`troubles` are asked in their order; `now`: seconds since 1970."""
        self._heartbeat = heartbeat
        self._troubles = list(troubles)
        self._live_s = live_s
        self._now = now
        disable_created_metrics()  # type: ignore[no-untyped-call]  # theirs
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.registry.register(self)

    def serve(self, settings: Settings, posts: Posts | None = None) -> None:
        """Answer at METRICS_HOST and METRICS_PORT from now on, until the process ends; `posts`: what is taken there.

        A port that somebody else has is said in the log and keeps nobody from working.
        """
        if not settings.metrics_port:
            return
        routes = {"/metrics": self._metrics, "/health/live": self._live, "/health/ready": self._ready}
        try:
            TelemetryServer(settings.metrics_host, settings.metrics_port, routes, posts or {}).start()
        except OSError as error:
            place = f"{settings.metrics_host}:{settings.metrics_port} (METRICS_HOST, METRICS_PORT)"
            _log.warning("no metrics are served: cannot listen on %s: %s", place, error.strerror or error)

    def not_live(self) -> str:
        """Why it does not live, in a line; empty where it does."""
        age = self._heartbeat.age()
        return f"the main loop has not come round for {age:.0f} s" if age > self._live_s else ""

    def not_ready(self) -> str:
        """Why it is not ready, in a line; empty where it is."""
        return self.not_live() or next(filter(None, (trouble() for trouble in self._troubles)), "")

    def collect(self) -> Iterator[Metric]:
        """What each process tells."""
        yield family(LOOP, {(): self._now() - self._heartbeat.age()})
        yield family(READY, {(): not self.not_ready()})

    def describe(self) -> Iterator[Metric]:
        """Their names alone: nobody is asked anything when this is registered."""
        yield from (family(metric, {}) for metric in (LOOP, READY))

    def _metrics(self) -> Answer:
        return Answer(200, generate_latest(self.registry), CONTENT_TYPE_LATEST)

    def _live(self) -> Answer:
        return _answer("live", self.not_live())

    def _ready(self) -> Answer:
        return _answer("ready", self.not_ready())


def _answer(good: str, trouble: str) -> Answer:
    return Answer(503 if trouble else 200, f"{trouble or good}\n".encode())
