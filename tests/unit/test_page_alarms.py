import re
from datetime import timedelta
from typing import Any

import pytest

from core.alarm_quality import Alarm
from core.label import Verdict
from tests.builders import NOON
from tests.page_rig import PageRig


@pytest.fixture
def rig() -> PageRig:
    found = PageRig()
    found.log_in()
    return found


def alarm(minutes_ago: float, device: str = "press-1", verdict: Verdict | None = None, **changes: Any) -> Alarm:
    at = NOON - timedelta(minutes=minutes_ago)
    answered = at + timedelta(minutes=3) if verdict else None
    usual: dict[str, Any] = {"until": at, "sensors": ("temperature",), "model_version": 3, "operators": ("Anna",)}
    return Alarm(machine="press", device=device, at=at, answered_at=answered, verdict=verdict, **usual | changes)


def tables(html: str) -> dict[str, list[str]]:
    """The rows under each heading."""
    found = re.findall(r"<h2>(.*?)</h2>\s*<table>.*?<tbody>(.*?)</tbody>", html, re.DOTALL)
    return {title: [words(row) for row in body.split("</tr>")[:-1]] for title, body in found}


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_figures_of_a_week_are_tables(rig: PageRig) -> None:
    rig.alarms.alarms = [
        alarm(30, verdict=Verdict.FALSE_ALARM),
        alarm(29, verdict=Verdict.FAULT),
        alarm(28),
        alarm(3000, "press-2", until=None),
    ]
    html = rig.browser.get("/ui/alarms").text
    assert "4 alarms in the last 7 days, 2 without an answer." in words(html)
    assert "Half of the answers came within 3 min , nine of ten within 3 min ." in words(html)
    assert tables(html) == {
        "For each operator": ["Anna 4 0.00 3 0.0 %"],
        "Most alarms": ["press-1 press 3", "press-2 press 1"],
        "Chattering": ["press-1 press 3"],
        "Open for more than a day": ["press-2 press 1"],
        "False alarms by machine": ["press 2 1 50 %"],
        "False alarms by sensor that stood out": ["temperature 2 1 50 %"],
        "False alarms by model version": ["press v3 2 1 50 %"],
    }


def test_what_the_standards_call_too_many_is_said_in_words(rig: PageRig) -> None:
    rig.alarms.alarms = [alarm(number / 10) for number in range(1, 200)]
    (load,) = tables(rig.browser.get("/ui/alarms?days=1").text)["For each operator"]
    assert load == "Anna 199 1.38 too many 100 1.4 % too long"


def test_without_an_alarm_there_is_a_sentence_and_no_table(rig: PageRig) -> None:
    html = rig.browser.get("/ui/alarms?days=1").text
    assert "No alarm in the last day." in words(html)
    assert "<table>" not in html


@pytest.mark.parametrize("days", ["0", "93", "a"])
def test_only_days_that_can_be_looked_at_are_taken(rig: PageRig, days: str) -> None:
    assert rig.browser.get(f"/ui/alarms?days={days}").status_code == 422


def test_without_a_session_no_figure_is_shown(rig: PageRig) -> None:
    rig.browser.cookies.clear()
    assert rig.browser.get("/ui/alarms").status_code == 401
