"""Finds out why alerts came, after people were told of them: a thread beside all else, which never waits for it."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from app.alert_chart import READINGS, Span, chart_facts
from core.errors import FaultlineError, Unavailable
from core.explanation import Explanation
from core.pushes import shown_pushes
from core.shown_devices import Course
from db.alert_details import Wanted

_log = logging.getLogger(__name__)

_LOOK_S = 1.0
_TROUBLE_S = 5.0
PATIENCE_S = 600.0
"""So old an alert waits no longer for a server that is away: people learn that nobody knows."""


class Alerts(Protocol):
    """db.alert_details.PostgresAlertDetails."""

    def next(self) -> Wanted | None:
        """The next alert to look into. Raises Unavailable."""

    def save(self, alert: int, facts: Mapping[str, object], chart: Mapping[str, object] | None = None) -> bool:
        """Keep what was found. Raises Unavailable."""


class AlertDetails(threading.Thread):
    """Looks into one alert at a time; each is looked into once, also where that fails."""

    def __init__(
        self,
        alerts: Alerts,
        explain: Callable[[int], Explanation],
        course: Callable[[str, str, int], Course],
        stopping: threading.Event,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        """`explain` raises UserError, ModelRefused or Unavailable where it cannot.

        `course`: so many latest readings of a machine's device. Raises Unavailable. `prepare`: done once, before any.
        """
        super().__init__(name="alert details", daemon=True)
        self._alerts = alerts
        self._explain = explain
        self._course = course
        self._stopping = stopping
        self._prepare = prepare

    def run(self) -> None:
        """Look until stopped."""
        if self._stopping.wait(_LOOK_S):  # what waits to be sent when we start goes first
            return
        try:
            self._prepare()
        except Exception as error:  # noqa: BLE001  # each alert tries anew, and says it
            _log.debug("nothing is prepared: %s", error)
        pause = 0.0
        while not self._stopping.wait(pause):
            try:
                pause = 0.0 if self.turn() else _LOOK_S
            except Unavailable as error:
                _log.debug("alerts are not explained meanwhile: %s", error)
                pause = _TROUBLE_S

    def turn(self) -> bool:
        """Look into the next alert; False: there is none. Raises Unavailable, and that alert is the next one again."""
        wanted = self._alerts.next()
        if wanted is None:
            return False
        found = self._look_into(wanted)
        if isinstance(found, Explanation):
            facts = {"pushed": msgspec.to_builtins(shown_pushes(found)), "spoke_for": found.spoke_for}
            self._alerts.save(wanted.alert, facts, self._chart(wanted, found))
        else:
            self._alerts.save(wanted.alert, {"unexplained": found})
        return True

    def _chart(self, wanted: Wanted, found: Explanation) -> Mapping[str, object] | None:
        course = self._course(wanted.machine, wanted.device, READINGS)
        return chart_facts(wanted.alert, found, course, Span(wanted.since, wanted.until))

    def _look_into(self, wanted: Wanted) -> Explanation | str:
        """The explanation, or why there is none."""
        try:
            return self._explain(wanted.alert)
        except Unavailable as error:
            if wanted.age_s < PATIENCE_S:
                raise
            return self._unknown(wanted, error)
        except FaultlineError as error:
            return self._unknown(wanted, error)
        except Exception as error:  # noqa: BLE001  # a model may fail in any way, and no alert may stand in another's way
            return self._unknown(wanted, error)

    def _unknown(self, wanted: Wanted, error: Exception) -> str:
        _log.warning("alert #%d is not explained: %s", wanted.alert, error)
        known = isinstance(error, FaultlineError)
        return str(error) if known else f"its model failed ({type(error).__name__})"
