import json
import re
from typing import Any

import pytest

from core.label import Verdict
from core.reply import Reply
from core.shown import ShownPush
from tests.page_rig import PageRig


@pytest.fixture
def rig() -> PageRig:
    found = PageRig()
    found.log_in()
    return found


def shown(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'<article[^>]* id="alert-(\d+)"', html)]


def answer_in(html: str) -> str | None:
    found = re.search(r"Answer: <strong>([\w ]+)</strong>", html)
    return found.group(1) if found else None


def test_an_alert_says_what_a_person_needs(rig: PageRig) -> None:
    rig.alert()
    words = " ".join(re.sub(r"<[^>]+>", "", rig.browser.get("/ui/inbox").text).split())
    assert "press-1 needs attention" in words
    assert "Low severity" in words
    assert "87 % likely a fault · since 13:00 CET, 1 Mar · still open" in words
    assert "vibration: 9.134 mm/s (usually 1 to 6.25)" in words
    assert "Feel the housing." in words
    assert "Hydraulic press · alert #1 · model v2" in words
    assert "Is this correct? Real fault False alarm Maintenance Sensor fault Not sure" in words


def test_an_alert_says_which_sensors_pushed_it_as_soon_as_that_is_known(rig: PageRig) -> None:
    alert = rig.alert()
    before = rig.browser.get("/ui/inbox").text
    rig.alerts.pushed[alert] = (
        ShownPush("vibration", 9.1, "mm/s", 1.0, 6.25, 0.72),
        ShownPush("pressure", None, "bar", None, None, 0.28),
    )
    after = rig.browser.get("/ui/inbox").text
    assert "What spoke for" not in before
    assert "What spoke for a fault: vibration 72 %, pressure 28 %" in " ".join(re.sub(r"<[^>]+>", "", after).split())
    versions = [re.findall(r'data-version="([^"]+)"', html) for html in (before, after)]
    assert versions == [["open low"], ["open low explained"]], "a live page fetches it anew"


def test_an_alert_about_a_sensor_says_what_was_seen_and_what_to_do_about_it(rig: PageRig) -> None:
    rig.alerts.of_sensors[rig.alert()] = ("pressure has read exactly 5.25 bar for 24 readings", "Bleed the line.")
    words = " ".join(re.sub(r"<[^>]+>", "", rig.browser.get("/ui/inbox").text).split())
    assert "A sensor of press-1 fails" in words
    assert "Since 13:00 CET, 1 Mar readings are doubtful and not judged · still open" in words
    assert "pressure has read exactly 5.25 bar for 24 readings" in words
    assert "Bleed the line." in words
    assert not re.search("likely a fault|model v|Feel the housing", words), "no model had a part in it"


def test_alerts_are_shown_newest_first_twenty_at_a_time(rig: PageRig) -> None:
    for _ in range(45):
        rig.alert()
    pages, path = [], "/ui/inbox"
    while path:
        html = rig.browser.get(path).text
        pages.append(shown(html))
        found = re.search(r'href="(/ui/inbox\?before=\d+)"', html)
        path = found.group(1) if found else ""
    assert pages == [list(range(45, 25, -1)), list(range(25, 5, -1)), list(range(5, 0, -1))]


def test_those_without_an_answer_can_be_shown_alone(rig: PageRig) -> None:
    for _ in range(3):
        rig.alert()
    rig.post("/ui/alerts/2/answer", verdict="fault")
    assert shown(rig.browser.get("/ui/inbox?show=waiting").text) == [3, 1]
    assert shown(rig.browser.get("/ui/inbox").text) == [3, 2, 1]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_each_answer_labels_and_is_shown(rig: PageRig, verdict: Verdict) -> None:
    alert = rig.alert()
    sent = rig.post(f"/ui/alerts/{alert}/answer", verdict=verdict)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/ui/inbox#alert-{alert}")
    assert rig.inbox.labels == [(alert, 1, verdict)]
    html = rig.browser.get("/ui/inbox").text
    assert answer_in(html) == verdict.words
    assert f'value="{verdict.value}"\n        aria-pressed="true"' in html


def test_a_reply_is_stored_as_it_was_pressed_without_the_forms_key(rig: PageRig) -> None:
    alert = rig.alert()
    rig.post(f"/ui/alerts/{alert}/answer", verdict="maintenance", comment=" belt changed\n")
    ((_, reply, _),) = rig.inbox.replies
    assert (reply.channel, reply.sender, reply.comment) == ("page", "1", "belt changed")
    assert json.loads(reply.raw) == {"alert": alert, "verdict": "maintenance", "comment": " belt changed\n"}


def test_with_the_script_the_card_alone_is_replaced_and_says_what_became_of_it(rig: PageRig) -> None:
    alert = rig.alert()
    card = rig.post(f"/ui/alerts/{alert}/answer", part=True, verdict="fault").text
    assert card.lstrip().startswith("<article")
    assert "<html" not in card
    assert 'data-said="Thank you. Noted."' in card
    again = rig.post(f"/ui/alerts/{alert}/answer", part=True, verdict="fault").text
    assert 'data-said="Already noted."' in again
    assert len(rig.inbox.labels) == 1


def test_undo_takes_the_answer_back_once_however_often_it_is_pressed(rig: PageRig) -> None:
    alert = rig.alert()
    rig.post(f"/ui/alerts/{alert}/answer", verdict="fault")
    rig.post(f"/ui/alerts/{alert}/answer", verdict="false_alarm")
    label = re.search(r'name="label" value="(\d+)"', rig.browser.get("/ui/inbox").text)
    assert label
    for _ in range(3):
        rig.post(f"/ui/alerts/{alert}/undo", label=label.group(1))
    assert answer_in(rig.browser.get("/ui/inbox").text) == "real fault"


def test_nobody_is_offered_to_take_back_what_another_said(rig: PageRig) -> None:
    alert = rig.alert()
    rig.inbox.accept("page", Reply("page", None, "{}", "2", "2", "y", alert=alert))
    assert "Undo" not in rig.browser.get("/ui/inbox").text
    rig.post(f"/ui/alerts/{alert}/undo", label=1)
    assert answer_in(rig.browser.get("/ui/inbox").text) == "real fault"


def test_a_dispute_is_explained_and_an_engineer_settles_it_on_the_page(rig: PageRig) -> None:
    alert = rig.alert()
    rig.inbox.accept("page", Reply("page", None, "{}", "2", "2", "y", alert=alert))
    rig.inbox.operators["3"], rig.inbox.engineers = 3, {3}
    rig.post(f"/ui/alerts/{alert}/answer", verdict="false_alarm")
    html = rig.browser.get("/ui/inbox").text
    assert "operator 1&#39;s, the later, counts until an engineer settles it." in html
    rig.inbox.accept("page", Reply("page", None, "{}", "3", "3", "maintenance", alert=alert))
    again = rig.post(f"/ui/alerts/{alert}/answer", part=True, verdict="fault").text
    assert "Kept. It does not count: an engineer has settled this alert." in again
    assert answer_in(again) == "maintenance"
    assert "operator 3&#39;s counts, an engineer settled it." in again
    label = re.search(r'name="label" value="(\d+)"', again)
    assert label, "one's own answer can be taken back, though it does not count"
    after = rig.post(f"/ui/alerts/{alert}/undo", part=True, label=label.group(1)).text
    assert 'data-said="Taken back."' in after
    assert 'data-version="open low 1 2 3"' in after


@pytest.mark.parametrize("path", ["answer", "undo"])
def test_an_alert_of_a_machine_that_one_does_not_follow_is_not_there(rig: PageRig, path: str) -> None:
    foreign = rig.alert(operator=2)
    assert rig.browser.get(f"/ui/alerts/{foreign}").status_code == 404
    assert rig.post(f"/ui/alerts/{foreign}/{path}", verdict="fault", label=1).status_code == 404
    assert rig.inbox.replies == []


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("answer", {}, 400),
        ("answer", {"verdict": "perhaps"}, 400),
        ("answer", {"verdict": "fault", "comment": "a" * 2001}, 400),
        ("answer", {"verdict": "fault", "form_key": "0" * 64}, 403),
        ("undo", {}, 400),
        ("undo", {"label": "-1"}, 400),
        ("undo", {"label": "٣"}, 400),
        ("undo", {"label": "9" * 30}, 400),
        ("undo", {"label": "1", "form_key": ""}, 403),
    ],
)
def test_a_form_that_is_not_ours_labels_nothing(rig: PageRig, path: str, fields: dict[str, Any], status: int) -> None:
    rig.alert()
    assert rig.post(f"/ui/alerts/1/{path}", **fields).status_code == status
    assert rig.inbox.replies == []


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**63), "1.5", "%00"])
def test_a_number_that_no_alert_can_have_is_told_so(rig: PageRig, number: str) -> None:
    assert rig.browser.get(f"/ui/alerts/{number}").status_code in (404, 422)
    assert rig.browser.get(f"/ui/inbox?before={number}").status_code == 422


def test_without_a_session_no_alert_is_shown_or_answered(rig: PageRig) -> None:
    rig.alert()
    key = rig.form_key()
    rig.browser.cookies.clear()
    for answer in (
        rig.browser.get("/ui/inbox"),
        rig.browser.get("/ui/alerts/1"),
        rig.browser.post("/ui/alerts/1/answer", data={"verdict": "fault", "form_key": key}),
    ):
        assert answer.status_code == 401
        assert "press-1" not in answer.text
    assert rig.inbox.replies == []


@pytest.mark.bad_input("`<b>`, `&`, Markdown or a URL in a device name, text past 4096 characters")
@pytest.mark.parametrize("name", ["<b>press</b>", "a&b", '"><script>alert(1)</script>', "' onfocus=alert(1) '"])
def test_a_device_name_and_a_comment_are_shown_as_text_whatever_they_contain(rig: PageRig, name: str) -> None:
    alert = rig.alert(device=name)
    rig.post(f"/ui/alerts/{alert}/answer", verdict="fault", comment=name)
    html = rig.browser.get("/ui/inbox").text
    assert name not in html.replace("a&amp;b", "").replace("&#39;", "")
    assert html.count("<script") == 2, "ours, from files"
    assert html.count("<article") == 1
