"""The pictures of docs/page.md, taken from a running demo: `./run test --browser --screenshots docs/page`.

No part of the tier: pytest collects it only where it is named.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image  # comes with matplotlib
from playwright.sync_api import Browser, Page

from tests.processes import Running, run, wait_until

FOLDER = Path(os.environ.get("SCREENSHOTS", "docs/page"))
SCREENS: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "desktop": {"viewport": {"width": 1100, "height": 780}},
}
ANSWERS = ("Real fault", "False alarm", "Sensor fault")
"""Given to the oldest alerts; the newer ones wait."""
ENOUGH = 6
_COLOURS = 96


class Demo:
    """`./run demo`, and Ann on its page."""

    def __init__(self, folder: Path) -> None:
        self._environment = {"DATA_DIRECTORY": str(folder / "data"), "PAGE_PORT": "0"}
        self.process = Running(["demo", "--devices", "30"], self._environment, folder / "log")
        wait_until(lambda: "/login/" in self.process.tail() or not self.process.running, "the demo runs", 200)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/login/\S+", self.process.tail())
        assert found, self.process.tail()
        self._environment["PAGE_PORT"] = found.group(1)
        self.command("operators", "add", "Ann", "--page", "--zone", "Europe/Berlin")

    def command(self, *arguments: str) -> str:
        done = run(list(arguments), self._environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def demo() -> Iterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="faultline-demo-") as name, ExitStack() as running:
        Path(name).chmod(0o711)  # as root, Postgres runs as another user, who must pass through
        started = Demo(Path(name))
        running.callback(started.process.stop, 120)
        yield started


@pytest.mark.timeout(600)
def test_take_the_pictures(demo: Demo, browser: Browser) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    screens = {name: _window(browser, demo, screen) for name, screen in SCREENS.items()}
    _shift(screens["desktop"])
    for name, page in screens.items():
        _visit(page, "/ui/inbox")
        latest = page.locator(".alert h2").first.inner_text().partition(" needs")[0]
        _take(page, f"inbox-{name}")
        _visit(page, f"/ui/devices/{latest}")
        page.locator("figure canvas").nth(3).wait_for()
        _take(page, f"device-{name}")
        for shown, path in (("devices", "devices"), ("alarms", "alarms"), ("machine", "machines/equipment")):
            _visit(page, f"/ui/{path}")
            _take(page, f"{shown}-{name}")


def _window(browser: Browser, demo: Demo, screen: dict[str, Any]) -> Page:
    page = browser.new_context(**screen).new_page()
    page.goto(demo.command("operators", "link", "Ann"))
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/ui/inbox")
    return page


def _shift(page: Page) -> None:
    """Ann waits for some alerts, and answers the older ones."""
    wait_until(lambda: page.locator(".alert").count() >= ENOUGH, f"{ENOUGH} alerts", 300)
    for place, answer in enumerate(ANSWERS):
        card = page.locator(".alert").nth(ENOUGH - 1 - place)
        number = card.get_attribute("data-alert")
        page.locator(f"#alert-{number}").get_by_role("button", name=answer).click()
        page.locator(f"#alert-{number} .answer").wait_for()


def _visit(page: Page, path: str) -> None:
    page.goto(re.sub(r"/ui/.*", path, page.url))


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle" if "inbox" not in name else "load")  # an inbox never rests: it listens
    with Image.open(BytesIO(page.screenshot())) as picture:
        picture.quantize(_COLOURS).save(FOLDER / f"{name}.png", optimize=True)  # a third of the size
