"""Held answers on a machine's page: engineers decide there, and nobody else sees whose they are."""

import re
from typing import Any

import pytest

from core.held_labels import HeldAnswer, ShownHold
from core.label import Verdict
from tests.builders import NOON
from tests.page_rig import PageRig

PAGE, HOLDS = "/ui/machines/press", "/ui/machines/press/holds"
HELD = ShownHold(
    7,
    "<mallory>",
    "contradicts what others said 9 times of 10",
    NOON,
    3,
    (HeldAnswer("press-1", Verdict.FALSE_ALARM, NOON, 12), HeldAnswer("press-2", Verdict.FAULT, NOON)),
)


@pytest.fixture
def operator() -> PageRig:
    found = PageRig()
    found.log_in()
    found.holds.held = [HELD]
    return found


@pytest.fixture
def engineer(operator: PageRig) -> PageRig:
    sessions = operator.logins.sessions
    for session, visitor in sessions.items():
        sessions[session] = visitor._replace(role="engineer")
    return operator


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_an_engineer_sees_whose_answers_are_held_and_why(engineer: PageRig) -> None:
    html = engineer.browser.get(PAGE).text
    assert "&lt;mallory&gt;: contradicts what others said 9 times of 10, since 13:00 CET, 1 Mar." in words(html)
    assert "3 answers, the newest 2" in words(html)
    assert "press-1: false alarm, 13:00 CET, 1 Mar, alert #12 press-2: real fault" in words(html)
    assert 'href="/ui/alerts/12"' in html


def test_an_operator_sees_nothing_of_them_and_decides_nothing(operator: PageRig) -> None:
    assert "Held answers" not in operator.browser.get(PAGE).text
    assert operator.post(HOLDS, hold=7, decision="release", reason="mine").status_code == 403
    assert operator.holds.decided == []


@pytest.mark.parametrize(("pressed", "decision"), [("release", "released"), ("refuse", "refused")])
def test_an_engineer_decides_once_with_a_reason(engineer: PageRig, pressed: str, decision: Any) -> None:
    sent = engineer.post(HOLDS, hold=7, decision=pressed, reason=" I asked\nher ")
    assert (sent.status_code, sent.headers["location"]) == (303, PAGE)
    assert engineer.holds.decided == [(7, decision, "Anna", "I asked her")]
    assert "Held answers" not in engineer.browser.get(PAGE).text
    assert engineer.post(HOLDS, hold=7, decision=pressed, reason="again").status_code == 409


@pytest.mark.parametrize(
    ("machine", "fields", "status"),
    [
        ("press", {"hold": 7, "decision": "release"}, 400),
        ("press", {"hold": 7, "decision": "burn", "reason": "why"}, 400),
        ("press", {"hold": 8, "decision": "release", "reason": "why"}, 409),
        ("lathe", {"hold": 7, "decision": "release", "reason": "why"}, 409),
        ("press", {"hold": 7, "decision": "release", "reason": "why", "form_key": "0" * 64}, 403),
    ],
)
def test_what_cannot_be_decided_is_told(engineer: PageRig, machine: str, fields: dict[str, Any], status: int) -> None:
    assert engineer.post(f"/ui/machines/{machine}/holds", **fields).status_code == status
    assert engineer.holds.decided == []


def test_who_was_slower_is_told(engineer: PageRig) -> None:
    engineer.holds.is_late = True
    assert engineer.post(HOLDS, hold=7, decision="release", reason="why").status_code == 409
