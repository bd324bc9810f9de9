import re
from typing import Any

import pytest
from msgspec.structs import replace

from core.label import Verdict
from core.learning_curve import Served
from core.shadow import ShadowRun, ShadowScores, ShownShadow
from core.shown_machines import ShownDrift
from core.training_options import TrainingOptions
from tests.builders import NOON
from tests.fake_logins import ANNA_VISITS
from tests.page_rig import PageRig

REASON = "the audit says so"
RETRAIN = "/ui/machines/press/retrain"
API = "/api/v1/machines/press/retrain"


@pytest.fixture
def operator() -> PageRig:
    found = PageRig()
    found.log_in()
    return found


@pytest.fixture
def engineer(operator: PageRig) -> PageRig:
    sessions = operator.logins.sessions
    for session, visitor in sessions.items():
        sessions[session] = visitor._replace(role="engineer")
    return operator


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def ends(rig: PageRig, state: str = "promoted", progress: str = "") -> None:
    rig.models.asked[0] = replace(rig.models.asked[0], state=state, progress=progress)


def test_a_machine_names_its_champion(operator: PageRig) -> None:
    html = operator.browser.get("/ui/machines").text
    assert "3 devices v2 rf 0.813 13:00 CET, 1 Mar" in words(html)
    assert 'href="/ui/machines/press">Hydraulic press</a>' in html


def test_a_machine_without_a_model_says_so(operator: PageRig) -> None:
    operator.models.versions = ()
    assert "none yet" in operator.browser.get("/ui/machines").text
    assert "Versions None yet." in words(operator.browser.get("/ui/machines/press").text)


def test_versions_are_shown_with_their_measures_and_how_they_came_to_serve(operator: PageRig) -> None:
    html = operator.browser.get("/ui/machines/press").text
    shown = words(html)
    assert "v2 champion rf 0.813 0.704 0.413 7 13:00 CET, 1 Mar, Anna" in shown
    assert "v1 lr 0.710 0.600 0.500 0 13:00 CET, 1 Mar, ada" in shown
    assert "v2 (gate, gate): not worse on the hold-out" in shown
    assert html.count('<path d="M0.0') == 2, "PR-AUC and F1 over the versions"


@pytest.mark.parametrize("model", ["", "hgb", "compare"])
def test_an_engineer_asks_for_a_model_and_sees_how_it_goes(engineer: PageRig, model: Any) -> None:
    sent = engineer.post(RETRAIN, model=model)
    assert (sent.status_code, sent.headers["location"]) == (303, "/ui/machines/press#requests")
    assert engineer.models.wishes == [("page", TrainingOptions(model or None))]
    ends(engineer, "running", "going on from press v2\n<b>verdicts</b>: 3 fault\n")
    part = engineer.browser.get("/ui/machines/press/requests").text
    assert "going on from press v2\n&lt;b&gt;verdicts&lt;/b&gt;: 3 fault\n" in part
    assert "request #1, Anna" in words(part)
    assert 'hx-trigger="every 2s"' in part


def test_an_engineer_asks_for_a_search_and_for_a_dry_run(engineer: PageRig) -> None:
    engineer.post(RETRAIN, model="compare", dry_run="on", search="on")
    ends(engineer, "trained")
    assert engineer.browser.post(API, json={"dry_run": True, "search": False}).status_code == 202
    wished = [TrainingOptions("compare", dry_run=True, search=True), TrainingOptions(dry_run=True)]
    assert engineer.models.wishes == [("page", wished[0]), ("api", wished[1])]
    assert "#1 dry run · Anna (page)" in words(engineer.browser.get("/ui/machines/press").text)


def test_the_page_comes_anew_once_what_was_under_way_is_over(engineer: PageRig) -> None:
    engineer.post(RETRAIN)
    seen = "/ui/machines/press/requests?seen=1"
    assert "hx-refresh" not in engineer.browser.get(seen).headers
    ends(engineer, "refused", "published press v3\n")
    assert engineer.browser.get(seen).headers["hx-refresh"] == "true"
    assert "hx-refresh" not in engineer.browser.get("/ui/machines/press/requests?seen=0").headers
    assert "#1 refused · Anna (page)" in words(engineer.browser.get("/ui/machines/press").text)


def test_an_operator_sees_no_button_and_is_refused(operator: PageRig) -> None:
    assert "<form" not in operator.browser.get("/ui/machines/press").text
    refused = operator.post(RETRAIN)
    assert (refused.status_code, "Only engineers" in refused.text) == (403, True)
    answer = operator.browser.post(API, json={})
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "detail": "Only engineers may ask for a new model.",
    }
    assert operator.models.wishes == []


def test_a_program_asks_for_a_model_with_an_engineers_login(engineer: PageRig) -> None:
    answer = engineer.browser.post(API, json={"model": "rf"})
    assert (answer.status_code, answer.json()) == (202, {"request": 1, "machine": "press", "state": "pending"})
    assert engineer.models.wishes == [("api", TrainingOptions("rf"))]
    again = engineer.browser.post(API, json={})
    assert (again.status_code, again.json()["status"]) == (409, 409)
    assert engineer.post(RETRAIN).status_code == 409
    ends(engineer)
    assert engineer.browser.post(API, json={}).status_code == 202


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/machines/lathe/retrain", {}, 404),
        ("/api/v1/machines/nothing", {}, 404),
        (API, {"model": "svm"}, 422),
        (API, {"model": "rf", "force": True}, 422),
        (API, [], 422),
        (API, {"dry_run": "no"}, 422),
    ],
)
def test_what_a_program_asks_wrongly_is_a_problem_in_words(
    engineer: PageRig, path: str, body: object, status: int
) -> None:
    answer = engineer.browser.post(path, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert engineer.models.wishes == []


def test_no_other_site_and_nobody_without_a_login_asks_for_a_model(engineer: PageRig) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert engineer.browser.post(API, json={}, headers=foreign).status_code == 403
    assert engineer.post(RETRAIN, form_key="0" * 64).status_code == 403
    as_form = engineer.browser.post(API, content="{}", headers={"Content-Type": "text/plain"})
    assert as_form.status_code in (415, 422)
    stranger = engineer.another_browser()
    assert stranger.post(API, json={}).status_code == 401
    assert stranger.get("/ui/machines/press").status_code == 401
    assert engineer.models.wishes == []


@pytest.mark.parametrize("path", ["/ui/machines/lathe", "/ui/machines/%00", "/ui/machines/press%2F.."])
def test_a_machine_that_one_does_not_follow_is_not_there(engineer: PageRig, path: str) -> None:
    assert engineer.browser.get(path).status_code == 404
    assert engineer.post("/ui/machines/lathe/retrain").status_code == 404
    assert engineer.post(RETRAIN, model="svm").status_code == 400
    assert ANNA_VISITS.role == "operator", "roles of a session alone are changed here"


def test_reasons_and_progress_are_shown_as_text(engineer: PageRig) -> None:
    engineer.models.reason = "<script>alert(1)</script>"
    html = engineer.browser.get("/ui/machines/press").text
    assert "<script>alert" not in html


@pytest.mark.parametrize(
    ("path", "fields", "wish"),
    [
        ("promote", {"version": 1}, ("override", 1, "the audit says so")),
        ("rollback", {}, ("rollback", 1, "the audit says so")),
    ],
)
def test_an_engineer_moves_the_champion_with_a_reason(
    engineer: PageRig, path: str, fields: dict[str, Any], wish: tuple[str, int, str]
) -> None:
    sent = engineer.post(f"/ui/machines/press/{path}", reason=" the audit\nsays so ", **fields)
    assert (sent.status_code, sent.headers["location"]) == (303, "/ui/machines/press#requests")
    assert engineer.champions.wishes == [wish]
    assert "to v1: waits for a trainer · Anna" in words(engineer.browser.get("/ui/machines/press").text)
    assert engineer.post(f"/ui/machines/press/{path}", reason="again", **fields).status_code == 409
    assert engineer.champions.move is not None
    engineer.champions.move = replace(engineer.champions.move, state="refused", answer="its <b>signature</b>")
    part = engineer.browser.get("/ui/machines/press/requests?seen=1")
    assert part.headers["hx-refresh"] == "true"
    assert "its &lt;b&gt;signature&lt;/b&gt;" in part.text


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("press/promote", {"version": 1}, 400),
        ("press/promote", {"version": 1, "reason": "x" * 501}, 400),
        ("press/promote", {"version": "٣", "reason": "why"}, 400),
        ("press/promote", {"version": 2, "reason": "why"}, 409),
        ("press/promote", {"version": 9, "reason": "why"}, 404),
        ("press/promote", {"version": 1, "reason": "why", "form_key": "0" * 64}, 403),
        ("press/rollback", {"reason": " "}, 400),
        ("lathe/rollback", {"reason": "why"}, 404),
    ],
)
def test_what_cannot_be_moved_is_told_and_not_wished(
    engineer: PageRig, path: str, fields: dict[str, Any], status: int
) -> None:
    assert engineer.post(f"/ui/machines/{path}", **fields).status_code == status
    assert engineer.champions.wishes == []


def test_an_operator_does_not_move_the_champion(operator: PageRig) -> None:
    assert operator.post("/ui/machines/press/promote", version=1, reason="why").status_code == 403
    assert operator.post("/ui/machines/press/rollback", reason="why").status_code == 403


def test_a_sensor_that_moved_away_from_what_was_learnt_is_shown(operator: PageRig) -> None:
    page = "/ui/machines/press"
    assert "Nobody has looked yet" in operator.browser.get(page).text
    operator.models.drift = (
        ShownDrift("temperature", 0.021, 65.1, 64.9, 0.0, 0.0, "", NOON),
        ShownDrift("pressure", None, None, None, 0.12, 0.0, "pressure is <missing>", NOON),
    )
    shown = words(operator.browser.get(page).text)
    assert "temperature 0.021 65.1 64.9 under 1 % under 1 %" in shown
    assert "pressure moved – – – 12 % under 1 %" in shown
    assert "pressure is &lt;missing&gt;" in operator.browser.get(page).text


def test_what_each_version_was_worth_while_it_served_is_a_line_and_a_table(operator: PageRig) -> None:
    page = "/ui/machines/press"
    assert "No version has served yet." in operator.browser.get(page).text
    operator.models.served = (Served(1, 4, 6, 4, 30.0), Served(2, 9, 1, 0, 40.0), Served(3, 0, 0, 0, 0.0))
    html = operator.browser.get(page).text
    shown = words(html)
    assert "v1 4 6 0.600 0.200 4 0.500" in shown
    assert "v2 9 1 0.100 0.025 0 1.000" in shown
    assert "v3 0 0 – – 0 –" in shown, "a version that nobody judged yet"
    assert html.count('<path d="M0.0') == 4, "beside PR-AUC and F1"


def test_a_version_in_the_shadow_is_shown_with_what_it_would_have_raised(operator: PageRig) -> None:
    page = "/ui/machines/press"
    assert "Shadow" not in words(operator.browser.get(page).text)
    run = ShadowRun(3, NOON, None, "<ada>")
    operator.models.shadow = ShownShadow(run, 0.5, ())
    assert "Nothing that it saw was judged yet." in operator.browser.get(page).text
    seen = (ShadowScores(Verdict.FAULT, [0.9, 0.9]), ShadowScores(Verdict.FALSE_ALARM, [0.1, 0.9, 0.1]))
    operator.models.shadow = ShownShadow(run, 0.5, seen)
    shown = words(operator.browser.get(page).text)
    assert "v3 scored beside the champion since 13:00 CET, 1 Mar (&lt;ada&gt;); nobody heard of it." in shown
    assert "it would have raised 1 of 1 confirmed and 0 of 1 refuted." in shown
