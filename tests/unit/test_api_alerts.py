"""Alerts and labels over the HTTP API."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.v1.alert_bodies import NewLabel
from core.api_key import Scope
from core.batch import MOST
from core.label import Verdict
from core.measured import Measurable, read_measured
from core.reply import Outcome
from tests.api_rig import ApiRig
from tests.fake_api_keys import ADA
from tests.fake_inbox import SentAlert

PATH = "/api/v1/alerts"


@pytest.fixture
def rig() -> ApiRig:
    rig = ApiRig()
    rig.alerts.seen_by[ADA.id] = [3, 4]
    rig.inbox.sent = [SentAlert(alert, "Ada", str(alert)) for alert in (3, 4)]
    return rig


def test_alerts_of_all_devices_come_newest_first_a_page_at_a_time(rig: ApiRig) -> None:
    assert [one["alert"] for one in rig.program.get(PATH).json()] == [4, 3]
    assert [one["alert"] for one in rig.program.get(PATH, params={"count": 1, "before": 4}).json()] == [3]
    (first, _) = rig.program.get(PATH).json()
    assert (first["machine"], first["device"], first["kind"], first["label"]) == ("press", "press-4", "fault", None)
    assert rig.program.get(f"{PATH}/4").json() == first


def test_an_answer_is_a_reply_of_the_keys_operator_and_a_later_one_corrects(rig: ApiRig) -> None:
    answer = rig.program.post(f"{PATH}/3/label", json={"verdict": "false_alarm", "comment": "door open"}).json()
    assert answer["outcome"] == "labelled"
    said = answer["alert"]["label"]
    assert (said["label"], said["verdict"], said["comment"]) == (1, "false_alarm", "door open")
    (_, reply, outcome) = rig.inbox.replies[0]
    assert (reply.channel, reply.sender, outcome) == ("api", str(ADA.id), Outcome.LABELLED)
    assert msgspec.json.decode(reply.raw)["key"] == "line-1", "which program it was is kept"
    assert rig.program.post(f"{PATH}/3/label", json={"verdict": "false_alarm"}).json()["outcome"] == "repeated"
    rig.program.post(f"{PATH}/3/label", json={"verdict": "fault"})
    assert rig.inbox.labels == [(3, ADA.id, Verdict.FALSE_ALARM), (3, ADA.id, Verdict.FAULT)]
    assert [one["alert"] for one in rig.program.get(PATH, params={"waiting": True}).json()] == [4]


def test_an_answer_is_taken_back_once(rig: ApiRig) -> None:
    rig.program.post(f"{PATH}/3/label", json={"verdict": "fault"})
    undone = rig.program.delete(f"{PATH}/3/label", params={"label": 1})
    assert (undone.json()["outcome"], undone.json()["alert"]["label"]) == ("undone", None)
    again = rig.program.delete(f"{PATH}/3/label", params={"label": 1})
    assert (again.status_code, again.json()["detail"]) == (409, "Nothing was changed: nothing to undo.")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verdict": "fault", "defect": "Stains"},
        {"verdict": "fault", "measured": 8.3},
        {"verdict": "perhaps"},
        {"measured": "8.3"},
    ],
)
def test_an_answer_that_says_nothing_or_two_things_is_refused(rig: ApiRig, body: dict[str, object]) -> None:
    assert rig.program.post(f"{PATH}/3/label", json=body).status_code == 422
    assert rig.inbox.replies == []


def test_a_defect_or_a_measure_that_the_alert_cannot_have_is_refused_with_its_words(rig: ApiRig) -> None:
    for body, words in (({"defect": "Stains"}, "'Stains' is no defect"), ({"measured": 8.3}, "8.3 says nothing of it")):
        answer = rig.program.post(f"{PATH}/3/label", json=body)
        assert answer.status_code == 422
        assert words in answer.json()["detail"]
    assert rig.inbox.labels == []


@given(st.floats(-MOST, MOST))
def test_any_number_is_understood_as_what_was_measured(value: float) -> None:
    understood = read_measured(NewLabel(measured=value).text, Measurable(None, 10.0, "g"))
    assert understood is not None
    assert understood.value == pytest.approx(value, rel=1e-11, abs=1e-300)


def test_labels_need_their_scope_and_alerts_of_others_are_404(rig: ApiRig) -> None:
    reader = rig.with_key(rig.keys.offer(Scope.READ, Scope.MODELS))
    assert reader.get(PATH).status_code == 200
    assert reader.post(f"{PATH}/3/label", json={"verdict": "fault"}).status_code == 403
    for answer in (rig.program.get(f"{PATH}/9"), rig.program.post(f"{PATH}/9/label", json={"verdict": "fault"})):
        assert answer.status_code == 404
