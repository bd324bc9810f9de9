"""Every page in a real browser: nothing wrong on it, nothing in the way of anybody, nothing too wide for a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.installation import LONG_NAME
from tests.browser.visit import PHONE, Visit
from tests.fake_reports import SHA

pytestmark = pytest.mark.browser

PAGES = {
    "inbox": "/ui/inbox",
    "waiting": "/ui/inbox?show=waiting",
    "alert": "/ui/alerts/1",
    "devices": "/ui/devices",
    "none found": "/ui/devices?search=nobody",
    "device": "/ui/devices/press-quiet",
    "device with an incident": f"/ui/devices/{LONG_NAME}",
    "machines": "/ui/machines",
    "machine": "/ui/machines/press",
    "report of a training": f"/ui/machines/press/reports/{SHA}",
    "alarms": "/ui/alarms",
    "me": "/ui/me",
}
SIDEWAYS = """() => {
  const page = document.documentElement, main = document.querySelector("main");
  const edge = main.getBoundingClientRect().right - parseFloat(getComputedStyle(main).paddingRight);
  const blocks = [...main.querySelectorAll("table, form, article, figure")].filter((one) => !one.closest(".wide"));
  const widest = Math.max(edge, ...blocks.map((one) => one.getBoundingClientRect().right));
  return page.scrollWidth - page.clientWidth + Math.round(widest - edge);
}"""
"""By how many pixels the page scrolls sideways, and what stands on it sticks out over its edge."""


def on_every_page(visit: Visit, look: Callable[[], object]) -> dict[str, object]:
    """What a look at each page found, once it has fetched everything; the pages where that was nothing are left out."""
    visit.page.goto(visit.site.link("Anna"))
    found = {"login": look()}
    visit.log_in()
    for name, path in PAGES.items():
        visit.open(path)
        visit.drawn()
        found[name] = look()
    return {name: one for name, one in found.items() if one}


def test_axe_finds_nothing_serious_on_any_page(visit: Visit) -> None:
    assert on_every_page(visit, visit.hurdles) == {}


def test_every_page_can_be_read_in_the_dark(visit: Visit) -> None:
    visit.reopen(color_scheme="dark")
    assert on_every_page(visit, lambda: visit.hurdles(runOnly=["color-contrast"])) == {}


def test_no_page_is_wider_than_a_narrow_phone(visit: Visit) -> None:
    visit.reopen(viewport=PHONE, has_touch=True, is_mobile=True)
    assert on_every_page(visit, lambda: visit.page.evaluate(SIDEWAYS)) == {}


def test_a_device_has_a_chart_for_its_score_and_for_each_sensor(visit: Visit) -> None:
    visit.log_in()
    visit.open("/ui/devices/press-quiet")
    visit.drawn()
    expect(visit.page.locator("figure canvas")).to_have_count(3)
    captions = visit.page.locator("figcaption").all_inner_texts()
    assert captions == ["Probability of a fault (%)", "temperature", "pressure"]


def test_alerts_and_devices_have_small_lines_that_are_seen(visit: Visit) -> None:
    page = visit.log_in()
    drawn = visit.card(visit.site.first).get_by_role("img", name="temperature, last")
    assert drawn.locator("path").last.bounding_box()["width"] > 50  # type: ignore[index]  # it is drawn
    visit.open("/ui/devices")
    line = page.get_by_role("row", name="press-quiet").locator("svg path")
    assert line.evaluate("path => getComputedStyle(path).stroke") not in ("none", "")


def test_an_engineer_retrains_by_the_keyboard_and_sees_each_line_of_progress_come(visit: Visit) -> None:
    page = visit.log_in("Eva")
    visit.open("/ui/machines/press")
    visit.tab_to("Retrain").press("Enter")
    under_way = page.get_by_role("region", name="Under way")
    expect(under_way).to_contain_text("A model waits for a trainer")
    expect(page.get_by_role("button", name="Retrain")).to_be_disabled()
    taken = visit.site.queue.claim("me", ["press"], 600)
    assert taken is not None
    visit.site.queue.renew(taken, "me", 600, "going on from press v2")
    expect(under_way).to_contain_text("going on from press v2")
    assert visit.hurdles() == []
    visit.site.queue.finish(taken, "me", "refused", {"reason": "worse on the hold-out"})
    expect(page.get_by_text(f"#{taken.id} refused")).to_be_visible()
    expect(page.get_by_role("button", name="Retrain")).to_be_enabled()


def test_an_engineer_refuses_held_answers_with_a_reason(visit: Visit) -> None:
    page = visit.log_in("Eva")
    visit.open("/ui/machines/press")
    held = page.get_by_role("region", name="Held answers of Ben")
    expect(held).to_contain_text("Ben answered 10 devices alike within 20 s")
    assert visit.hurdles() == []
    held.get_by_role("textbox").fill("pressed in his pocket")
    held.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("heading", name="Held answers")).to_have_count(0)
    decided = visit.site.world.rows("SELECT decision, why FROM label_hold_decision")
    assert [tuple(row) for row in decided] == [("refused", "pressed in his pocket")]


def test_devices_are_found_while_one_types(visit: Visit) -> None:
    page = visit.log_in()
    visit.open("/ui/devices")
    page.get_by_role("searchbox").press_sequentially("QUIET")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("press-quiet")
    expect(page.get_by_role("status")).to_have_text("1 device")


def test_what_is_wrong_on_a_page_would_be_noticed(visit: Visit) -> None:
    visit.log_in()
    visit.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'let a'}))")
    visit.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    visit.page.evaluate("document.querySelector('main').style.minWidth = '3000px'")
    assert [words for words in visit.complaints if "Content Security Policy" in words]
    assert [words for words in visit.hurdles() if words.startswith("button-name")]
    assert visit.page.evaluate(SIDEWAYS) > 0
    visit.complaints.clear()
