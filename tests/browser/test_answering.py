"""Alerts and their answers in a real browser: by mouse, by thumb, by the keyboard alone, and without scripts."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visit import PHONE, Visit

pytestmark = pytest.mark.browser

IN_TIME_MS = 2_000


def listening(visit: Visit) -> Page:
    """Anna's inbox, once it listens for news; it would lose its mark if it were loaded anew."""
    with visit.page.expect_response("**/ui/live"):
        page = visit.log_in()
    page.evaluate("window.mark = 'not loaded since'")
    return page


def test_a_new_alert_appears_within_two_seconds_without_a_reload(visit: Visit) -> None:
    page = listening(visit)
    began = time.monotonic()
    alert = visit.site.world.alert("press-new")
    expect(visit.card(alert)).to_be_visible(timeout=IN_TIME_MS)
    assert time.monotonic() - began < IN_TIME_MS / 1000
    expect(page.get_by_role("status")).to_have_text("New alert: press-new needs attention")
    assert page.evaluate("window.mark") == "not loaded since"


def test_a_tap_labels_the_alert_and_undo_takes_it_back(visit: Visit) -> None:
    visit.reopen(viewport=PHONE, has_touch=True, is_mobile=True)
    alert = visit.site.world.alert("press-tapped")
    visit.log_in()
    card = visit.card(alert)
    card.get_by_role("button", name="False alarm").tap()
    expect(card.get_by_role("button", name="False alarm")).to_have_attribute("aria-pressed", "true")
    expect(card).to_contain_text("Answer: false alarm")
    assert visit.site.verdicts(alert) == ["false_alarm"]
    card.get_by_role("button", name="Undo my answer").tap()
    expect(card.get_by_role("button", name="False alarm")).to_have_attribute("aria-pressed", "false")
    assert visit.site.verdicts(alert) == []


def test_an_answer_that_somebody_else_gives_is_seen_within_two_seconds(visit: Visit) -> None:
    alert = visit.site.world.alert("press-shared")
    listening(visit)
    other = visit.beside()
    other.log_in("Ben")
    other.card(alert).get_by_role("button", name="Maintenance").click()
    expect(visit.card(alert)).to_contain_text("Answer: maintenance (Ben", timeout=IN_TIME_MS)
    other.end()
    assert other.complaints == []


def test_a_comment_is_kept_with_the_answer(visit: Visit) -> None:
    alert = visit.site.world.alert("press-told")
    visit.log_in()
    card = visit.card(alert)
    card.get_by_text("Say more").click()
    card.get_by_role("textbox").fill('<img src=x onerror="alert(1)">')
    card.get_by_role("button", name="Sensor fault").click()
    expect(card).to_contain_text('“<img src=x onerror="alert(1)">”')


def test_the_keyboard_alone_leads_from_the_link_to_an_answer_and_back(visit: Visit) -> None:
    alert = visit.site.world.alert("press-typed")
    page = visit.page
    page.goto(visit.site.link("Anna"))
    visit.tab_to("Log in").press("Enter")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    answer = visit.tab_to("Real fault")
    assert answer.evaluate("button => button.id") == f"say-alert-{alert}-fault", "the newest alert comes first"
    assert answer.evaluate("button => getComputedStyle(button).outlineStyle") == "solid", "it is seen where one is"
    answer.press("Enter")
    expect(visit.card(alert)).to_contain_text("Answer: real fault")
    expect(page.locator(f"#say-alert-{alert}-fault")).to_be_focused()
    assert visit.site.verdicts(alert) == ["fault"]
    visit.tab_to("Undo my answer").press("Enter")
    expect(visit.card(alert)).not_to_contain_text("Answer:")
    expect(page.locator(f"#of-{alert}")).to_be_focused()
    assert visit.site.verdicts(alert) == []


def test_answering_works_without_scripts(visit: Visit) -> None:
    alert = visit.site.world.alert("press-plain")
    visit.reopen(java_script_enabled=False)
    visit.log_in()
    visit.card(alert).get_by_role("button", name="Not sure").click()
    expect(visit.card(alert)).to_contain_text("Answer: not sure")
    assert visit.site.verdicts(alert) == ["not_sure"]
    visit.card(alert).get_by_role("button", name="Undo my answer").click()
    expect(visit.card(alert)).not_to_contain_text("Answer:")
    assert visit.site.verdicts(alert) == []


def test_a_question_appears_within_two_seconds_and_a_tap_answers_it(visit: Visit) -> None:
    visit.reopen(viewport=PHONE, has_touch=True, is_mobile=True)
    page = listening(visit)
    question = visit.site.question()
    card = page.locator(f"#question-{question}")
    expect(card).to_be_visible(timeout=IN_TIME_MS)
    expect(page.get_by_role("status")).to_have_text(
        "New question: A question about press-quiet: no alert, and no hurry"
    )
    expect(card).to_contain_text("temperature was higher than in readings that were reviewed")
    card.get_by_role("button", name="No fault").tap()
    expect(card).to_contain_text("Answer: no fault (Anna")
    assert visit.hurdles() == []
    said = "SELECT verdict FROM effective_label WHERE question = :question"
    assert [row.verdict for row in visit.site.world.rows(said, question=question)] == ["false_alarm"]
    visit.reopen()
    visit.log_in()
    visit.tab_to("Real fault").press("Enter")
    expect(visit.page.locator(f"#question-{question}")).to_contain_text("Answer: real fault")
    visit.tab_to("Undo my answer").press("Enter")
    expect(visit.page.locator(f"#question-{question}")).to_contain_text("Answer: no fault")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(f"#question-{question}")).not_to_contain_text("Answer:")
    visit.site.world.execute("UPDATE question SET created_at = created_at - interval '8 days'")


def test_a_fault_that_no_alert_told_of_is_reported_and_taken_back(visit: Visit) -> None:
    reported = "SELECT l.comment FROM effective_label l WHERE l.source = 'report'"
    visit.log_in()
    page = visit.open("/ui/devices/press-humming")
    page.get_by_label("For the last").select_option("1 h")
    page.get_by_label("What was wrong?").fill("it hums")
    page.get_by_role("button", name="Report a fault").click()
    expect(page.locator("main")).to_contain_text("Noted as a real fault: 5 readings of press-humming.")
    assert [row.comment for row in visit.site.world.rows(reported)] == ["it hums"]
    page.get_by_role("button", name="Undo my report").click()
    expect(page.locator("main")).to_contain_text("Taken back.")
    assert visit.site.world.rows(reported) == []
