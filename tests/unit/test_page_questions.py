import json
import re
from typing import Any

import pytest
from msgspec.structs import replace

from core.label import Verdict
from core.question import Pool
from core.shown import Answer
from tests.builders import NOON
from tests.fake_logins import ANNA_VISITS
from tests.page_rig import PageRig


@pytest.fixture
def rig() -> PageRig:
    found = PageRig()
    found.log_in()
    return found


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def answered(rig: PageRig, verdict: Verdict, by: int) -> None:
    (question,) = rig.questions.asked[ANNA_VISITS.id]
    rig.questions.asked[ANNA_VISITS.id] = [replace(question, answer=Answer(7, verdict, by, "Somebody", NOON))]


def test_a_question_says_that_it_is_one_why_it_is_asked_and_how_to_answer(rig: PageRig) -> None:
    rig.alert()
    rig.questions.ask(ANNA_VISITS.id)
    shown = words(rig.browser.get("/ui/inbox").text)
    assert "A question about press-7: no alert, and no hurry 13:00 CET, 1 Mar · 31 % likely a fault" in shown
    assert "We ask because vibration was higher than in readings that were reviewed. vibration: 7.25" in shown
    assert "Was this a fault? Real fault No fault Maintenance Sensor fault Not sure" in shown
    assert shown.index("question #1") < shown.index("alert #1")


@pytest.mark.parametrize(("pool", "why"), [(Pool.BAND, "the model was not sure"), (Pool.AUDIT, "drawn at random")])
def test_each_reason_is_told(rig: PageRig, pool: Pool, why: str) -> None:
    rig.questions.ask(ANNA_VISITS.id, pool)
    assert why in rig.browser.get("/ui/inbox").text


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_answer_names_its_question(rig: PageRig, verdict: Verdict) -> None:
    question = rig.questions.ask(ANNA_VISITS.id)
    sent = rig.post(f"/ui/questions/{question}/answer", verdict=verdict, comment=" leaked ")
    assert (sent.status_code, sent.headers["location"]) == (303, f"/ui/inbox#question-{question}")
    ((_, reply, _),) = rig.inbox.replies
    assert (reply.channel, reply.question, reply.alert, reply.text, reply.comment) == (
        *("page", question, None),
        *(verdict.words, "leaked"),
    )
    assert json.loads(reply.raw) == {"question": question, "verdict": verdict.value, "comment": " leaked "}


def test_one_takes_back_ones_own_answer_alone(rig: PageRig) -> None:
    question = rig.questions.ask(ANNA_VISITS.id)
    answered(rig, Verdict.FALSE_ALARM, by=2)
    html = rig.browser.get(f"/ui/questions/{question}").text
    assert "Answer: no fault" in words(html)
    assert "Undo" not in html
    answered(rig, Verdict.FALSE_ALARM, by=ANNA_VISITS.id)
    assert 'name="label" value="7"' in rig.browser.get("/ui/inbox").text
    rig.post(f"/ui/questions/{question}/undo", label=7)
    ((_, reply, _),) = rig.inbox.replies
    assert (reply.is_undo, reply.question, reply.takes_back) == (True, question, 7)
    assert "question #" not in rig.browser.get("/ui/inbox?show=waiting").text


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("1/answer", {}, 400),
        ("1/answer", {"verdict": "fault", "form_key": "0" * 64}, 403),
        ("1/undo", {"label": "-1"}, 400),
        ("2/answer", {"verdict": "fault"}, 404),
        ("2/undo", {"label": "1"}, 404),
        ("0/answer", {"verdict": "fault"}, 422),
    ],
)
def test_a_form_that_is_not_ours_or_a_question_to_somebody_else_labels_nothing(
    rig: PageRig, path: str, fields: dict[str, Any], status: int
) -> None:
    rig.questions.ask(ANNA_VISITS.id)
    rig.questions.ask(2)
    assert rig.post(f"/ui/questions/{path}", **fields).status_code == status
    assert rig.inbox.replies == []
    assert rig.browser.get("/ui/questions/2").status_code == 404


@pytest.mark.parametrize("name", ["<b>press</b>", '"><script>alert(1)</script>'])
def test_names_are_shown_as_text(rig: PageRig, name: str) -> None:
    rig.questions.ask(ANNA_VISITS.id, device=name)
    assert name not in rig.browser.get("/ui/inbox").text


def test_a_question_and_an_alert_of_the_same_number_share_no_id_of_the_page(rig: PageRig) -> None:
    rig.alert()
    rig.questions.ask(ANNA_VISITS.id)
    html = rig.browser.get("/ui/inbox").text
    assert ("alert #1" in html, "question #1" in html) == (True, True)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids)) > 10
