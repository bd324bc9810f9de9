import re

import msgspec
import pytest

from api.curves import curve, dots
from api.report_file import report_file
from core.training_report import TrainingReport
from tests.fake_reports import A_REPORT, OF_A_VALUE, OF_COMPONENTS, OF_DEFECTS, SHA
from tests.page_rig import PageRig

REPORT = f"/ui/machines/press/reports/{SHA}"


@pytest.fixture
def rig() -> PageRig:
    found = PageRig()
    found.log_in()
    return found


def words(html: str) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.S).split())


def test_the_page_tells_what_a_training_came_to(rig: PageRig) -> None:
    html = rig.browser.get(REPORT).text
    shown = words(html)
    assert "press v2: promoted 2 refuted alerts would not ring again" in shown
    assert "New since the champion was trained: 3 ; no longer used: 1" in shown
    assert "Of 4 refuted alerts would not ring again: 2 (#5, #8)" in shown
    assert "Of 2 confirmed faults would be lost: 1 (label 3)" in shown
    assert "press v1, champion, alarms from 0.500 alarmed quiet fault 80 20 normal 30 870" in shown
    assert "press v2, challenger, alarms from 0.413 alarmed quiet fault 90 10 normal 15 885" in shown
    assert "PR-AUC 0.7100 0.8126 +0.0400 to +0.1500" in shown
    assert shown.index("temperature 0.6000") < shown.index("pressure -0.0010")
    assert f'd="{curve(A_REPORT.challenger.precision_recall)}"' in html


def test_a_report_keeps_to_the_pages_policy_and_carries_no_style_of_its_own(rig: PageRig) -> None:
    answer = rig.browser.get(REPORT)
    assert "script-src 'self'; style-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r"<style|\sstyle=|<script(?! src)|\son\w+=", answer.text)


def test_the_file_in_the_bucket_tells_the_same_and_needs_nothing_beside_it(rig: PageRig) -> None:
    html = report_file(A_REPORT)
    body = words(html).partition("Faultline ")[2]
    page = words(rig.browser.get(REPORT).text)
    assert body.replace("12:00 UTC", "13:00 CET") in page
    assert not re.search(r"<script|<link|<img|https?://", html)
    assert "--accent:" in html


def test_the_first_model_and_a_dry_run_are_told_too(rig: PageRig) -> None:
    rig.reports.kept[SHA] = msgspec.structs.replace(A_REPORT, version=None, champion=None, hold_out=None, promote=False)
    shown = words(rig.browser.get(REPORT).text)
    assert "press: would be refused (dry run)" in shown
    assert "champion," not in shown


def test_a_report_tells_how_well_both_know_which_defect_it_is_and_what_people_named(rig: PageRig) -> None:
    rig.reports.kept[SHA] = OF_DEFECTS
    shown = words(rig.browser.get(REPORT).text)
    assert "Asked of 80 faults of the hold-out of which it is known which defect they are." in shown
    assert "Champion Challenger Difference, 95 % The likeliest defect" in shown
    assert "The decision compared it." in shown
    assert "The likeliest defect is the right one 0.7000 0.7500" in shown
    assert "The right one is among the three likeliest 0.9000 0.9250" in shown
    assert "Macro F1 0.6100 0.6600 +0.0120 to +0.0900" in shown
    assert "Of 3 defects that people named, the challenger alone would call so: 2 (#5, #8)" in shown
    assert "The champion alone would call so: 1 (#7)" in shown
    assert "How near" not in shown


def test_a_report_tells_how_near_both_come_to_what_was_measured(rig: PageRig) -> None:
    rig.reports.kept[SHA] = OF_A_VALUE
    shown = words(rig.browser.get(REPORT).text)
    assert "How near it comes to the measured permeability" in shown
    assert "is a value beyond what is allowed (limit 10 g/m²·day)." in shown
    assert "Mean error (MAE) in g/m²·day 0.6123 0.4 -0.25 to -0.17" in shown
    assert "Mean squared error (MSE) 0.7 0.31" in shown
    assert "R² 0.8100 0.9200" in shown
    assert "Of 2 values that people measured, the challenger would come nearer to: 1 (#9)" in shown
    assert "And farther from: 0" in shown
    assert "Which defect" not in shown


def test_a_report_tells_what_principal_components_carry_and_are_made_of(rig: PageRig) -> None:
    rig.reports.kept[SHA] = OF_COMPONENTS
    shown = words(rig.browser.get(REPORT).text)
    assert "goes by 2 principal components with 91.0 % of the variance" in shown
    assert "1 0.6100 0.6100 temperature (+0.80), pressure (-0.60) 2 0.3000 0.9100 pressure (+0.80), temp" in shown
    rig.reports.kept[SHA] = A_REPORT
    assert "Principal components" not in words(rig.browser.get(REPORT).text)


def test_a_first_model_stands_alone_and_what_was_not_measured_is_said(rig: PageRig) -> None:
    rig.reports.kept[SHA] = msgspec.structs.replace(OF_DEFECTS, champion=None, defects=None, named=None)
    shown = words(rig.browser.get(REPORT).text)
    assert "Challenger The likeliest defect is the right one 0.7500 The right one" in shown
    assert "The decision compared it." not in shown
    assert "Macro F1 0.6600 What the challenger rests on" in shown
    rig.reports.kept[SHA] = msgspec.structs.replace(
        OF_A_VALUE, challenger=A_REPORT.challenger, champion=None, values=None
    )
    shown = words(rig.browser.get(REPORT).text)
    assert "Fewer than two rows of the hold-out were measured: how near it comes is not known." in shown


def test_what_an_older_report_does_not_hold_is_left_out(rig: PageRig) -> None:
    later = {"defects", "named", "target", "values", "components"}
    stored = msgspec.to_builtins(OF_DEFECTS)
    old = {name: value for name, value in stored.items() if name not in later}
    for side in ("champion", "challenger"):
        old[side] = {name: value for name, value in stored[side].items() if name not in ("defects", "value")}
    rig.reports.kept[SHA] = msgspec.convert(old, TrainingReport)
    shown = words(rig.browser.get(REPORT).text)
    assert "press v2: promoted" in shown
    assert "Which defect" not in shown


def test_names_in_a_report_are_shown_as_text(rig: PageRig) -> None:
    rig.reports.kept[SHA] = msgspec.structs.replace(A_REPORT, reason="<script>alert(1)</script>", asked_by="<b>Eve")
    assert "<script>alert" not in rig.browser.get(REPORT).text
    assert "<script>alert" not in report_file(rig.reports.kept[SHA])


@pytest.mark.parametrize(
    "path", [f"/ui/machines/lathe/reports/{SHA}", "/ui/machines/press/reports/0", REPORT + "%2F.."]
)
def test_a_report_that_is_not_there_is_said(rig: PageRig, path: str) -> None:
    assert rig.browser.get(path).status_code == 404
    assert rig.another_browser().get(REPORT).status_code == 401


def test_points_become_a_path_from_the_lower_left_corner() -> None:
    assert curve([(0.0, 1.0), (1.0, 0.0)]) == "M0.0 0.0L100.0 100.0"
    assert dots([(0.5, 0.25, 7)]) == "M50.0 75.0h0"
    assert curve([]) == dots([]) == ""
