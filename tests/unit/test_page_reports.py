import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.shown_devices import ShownDevice
from tests.builders import NOON
from tests.page_rig import PageRig

FORM: dict[str, Any] = {"machine": "press", "device": "press-1", "since": "3600", "comment": " it hums "}


@pytest.fixture
def rig() -> PageRig:
    """A device that spoke half an hour ago."""
    found = PageRig()
    found.log_in()
    found.devices.shown = [ShownDevice("press", "press-1", NOON, 0.1, False)]
    found.inbox.devices["press", "press-1"] = [datetime.now(UTC) - timedelta(minutes=30)]
    return found


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2].partition(">")[2]).split())


def test_a_missed_fault_is_reported_by_the_form_of_its_device_and_taken_back(rig: PageRig) -> None:
    form = rig.browser.get("/ui/devices/press-1").text
    assert re.findall(r'<option value="(\d+)">([^<]+)', form)[:3] == [
        ("600", "10 min"),
        ("1800", "30 min"),
        ("3600", "1 h"),
    ]
    answer = rig.post("/ui/report", **FORM)
    assert "Noted as a real fault: 1 readings of press-1." in words(answer.text)
    ((_, reply, _),) = rig.inbox.replies
    (report,) = rig.inbox.reports
    assert reply.at is not None
    assert (report.machine, report.device, report.comment) == ("press", "press-1", "it hums")
    assert report.since == reply.at - timedelta(hours=1)
    label = re.search(r'name="label" value="(\d+)"', answer.text)
    assert label
    rig.post("/ui/report/undo", machine="press", device="press-1", label=label.group(1))
    assert rig.inbox.replies[-1][1].takes_back == int(label.group(1))


def test_a_time_without_readings_is_told_with_the_remedy_and_offers_no_undo(rig: PageRig) -> None:
    answer = rig.post("/ui/report", **{**FORM, "since": "600"})
    assert "Nothing was noted: no reading of press-1 lies in that time. Choose a longer one." in words(answer.text)
    assert "Undo" not in answer.text


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"since": "601"}, 400),
        ({"since": ""}, 400),
        ({"comment": "x" * 2001}, 400),
        ({"device": "nobody"}, 404),
        ({"form_key": "forged"}, 403),
    ],
)
def test_what_no_form_of_ours_would_send_reports_nothing(rig: PageRig, changed: dict[str, str], status: int) -> None:
    assert rig.post("/ui/report", **{**FORM, **changed}).status_code == status
    assert rig.inbox.reports == []


def test_names_are_text_in_the_answer(rig: PageRig) -> None:
    rig.inbox.devices["press", "<b>{0}"] = [datetime.now(UTC)]
    html = rig.post("/ui/report", **{**FORM, "device": "<b>{0}"}).text
    assert "<b>" not in html
    assert "&lt;b&gt;{0}" in html
