"""Why alerts came: found once, said also where nobody knows."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
import pytest

from alerts.buttons import Buttons
from alerts.render import TelegramRenderer
from app.alert_details import PATIENCE_S, AlertDetails
from core.errors import ModelRefused, Unavailable, Undeliverable, UserError
from core.explanation import Contributions, Explanation, Scale, ScoredReading, explanation
from core.ports.chat import OutboxMessage
from core.prediction import ModelVersion, UsualRange
from core.pushes import shown_pushes
from core.severity import Severity
from core.shown import ShownPush
from core.shown_devices import Course
from db.alert_details import Wanted
from tests.builders import NOON, a_machine


@dataclass
class FakeAlerts:
    """One alert after the other; the first of `waiting` is the next."""

    waiting: list[Wanted]
    found: dict[int, Mapping[str, object]] = field(default_factory=dict)
    charts: dict[int, Mapping[str, object]] = field(default_factory=dict)

    def next(self) -> Wanted | None:
        return self.waiting[0] if self.waiting else None

    def save(self, alert: int, facts: Mapping[str, object], chart: Mapping[str, object] | None = None) -> bool:
        self.waiting = [wanted for wanted in self.waiting if wanted.alert != alert]
        self.found[alert] = facts
        if chart is not None:
            self.charts[alert] = chart
        return True


def explained(*pushes: float) -> Explanation:
    """A reading of a temperature and no pressure, whose sensors pushed so far."""
    reading = ScoredReading(ModelVersion("press", 3), "press-1", NOON, (95.0, float("nan")), 0.9, Severity.HIGH)
    found = Contributions(Scale.LOG_ODDS, -3.0, np.array([pushes]))
    return explanation(a_machine(), {"temperature": UsualRange(50, 65, 80)}, reading, found)


def wanted(alert: int, age_s: float = 1.0) -> Wanted:
    return Wanted(alert, age_s, "press", "press-1", NOON, None)


def course(machine: str, device: str, count: int) -> Course:
    """Two readings of press-1; nobody else has any."""
    if (machine, device) != ("press", "press-1"):
        return Course((), (), ())
    values: list[tuple[str, list[float | None]]] = [("temperature", [70.0, 95.0]), ("pressure", [3.0, None])]
    return Course([NOON, NOON + timedelta(minutes=1)][:count], [0.1, 0.9], values)


def fails_with(error: Exception, age_s: float = 1.0) -> tuple[FakeAlerts, AlertDetails]:
    def explain(_: int) -> Explanation:
        raise error

    alerts = FakeAlerts([wanted(12, age_s)])
    return alerts, AlertDetails(alerts, explain, course, threading.Event())


def test_the_sensors_that_spoke_for_a_fault_are_shown_with_their_share() -> None:
    assert shown_pushes(explained(3.0, 1.0)) == [
        ShownPush("temperature", 95.0, "°C", 50, 80, 0.75),
        ShownPush("pressure", None, "bar", None, None, 0.25),
    ]
    assert [push.sensor for push in shown_pushes(explained(-1.0, 2.0))] == ["pressure"]
    assert shown_pushes(explained(-1.0, -2.0)) == []


def test_a_sensor_that_hardly_spoke_for_it_stays_away() -> None:
    assert [push.sensor for push in shown_pushes(explained(3.0, 0.1))] == ["temperature"]
    assert len(shown_pushes(explained(3.0, 0.2))) == 2


def test_each_alert_is_looked_into_once_the_oldest_first() -> None:
    alerts = FakeAlerts([wanted(12), wanted(13)])
    details = AlertDetails(alerts, lambda _: explained(3.0, 1.0), course, threading.Event())
    assert [details.turn(), details.turn(), details.turn()] == [True, True, False]
    assert list(alerts.found) == [12, 13]
    assert isinstance(alerts.found[12]["pushed"], list)


def test_models_are_prepared_before_the_first_alert_is_looked_into_and_a_failure_of_that_holds_up_nothing() -> None:
    order: list[str] = []

    def prepare() -> None:
        order.append("prepared")
        raise MemoryError

    def explain(_: int) -> Explanation:
        order.append("explained")
        stopping.set()
        return explained(3.0, 1.0)

    class NoWaiting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return self.is_set()

    stopping = NoWaiting()
    AlertDetails(FakeAlerts([wanted(12)]), explain, course, stopping, prepare).run()
    assert order == ["prepared", "explained"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModelRefused("press v3: its signature is of no trusted key"), "press v3: its signature is of no trusted key"),
        (UserError("explaining forests needs Python 3.12"), "explaining forests needs Python 3.12"),
        (MemoryError(), "its model failed (MemoryError)"),
    ],
)
def test_where_it_cannot_be_explained_people_learn_why(error: Exception, said: str) -> None:
    alerts, details = fails_with(error)
    assert details.turn()
    assert alerts.found == {12: {"unexplained": said}}


def test_a_bucket_that_is_away_is_waited_for_but_not_for_ever() -> None:
    alerts, details = fails_with(Unavailable("S3 is away"))
    with pytest.raises(Unavailable):
        details.turn()
    assert alerts.found == {}
    alerts, details = fails_with(Unavailable("S3 is away"), PATIENCE_S)
    assert details.turn()
    assert alerts.found == {12: {"unexplained": "S3 is away"}}


def a_chart() -> OutboxMessage:
    """The message that an alert's picture becomes."""
    alerts = FakeAlerts([wanted(12)])
    AlertDetails(alerts, lambda _: explained(3.0, 1.0), course, threading.Event()).turn()
    body = json.loads(json.dumps(alerts.charts[12]))
    return OutboxMessage(9, "telegram", "7", "chart", 12, body, None, "99", "Europe/Berlin", 1, False)


def test_the_chart_shows_the_sensors_that_pushed_it_over_the_last_readings() -> None:
    body = a_chart().body
    assert [sensor["sensor"] for sensor in body["sensors"]] == ["temperature", "pressure"]  # type: ignore[attr-defined]
    rendered = TelegramRenderer(Buttons("4242:secret"))(a_chart())
    assert rendered.photo
    assert rendered.photo.startswith(b"\x89PNG")
    assert rendered.text == "<code>press-1</code>: its last 2 readings (alert #12)"


def test_a_chart_that_cannot_be_drawn_is_given_up_and_holds_up_nothing() -> None:
    broken = replace(a_chart(), body={**a_chart().body, "times": []})
    with pytest.raises(Undeliverable, match="cannot be drawn"):
        TelegramRenderer(Buttons("4242:secret"))(broken)
