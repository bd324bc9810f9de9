"""A browser window on the page, and what was wrong in it."""

import os
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Playwright, Response, expect

from tests.browser.installation import Installation
from tests.processes import PATIENCE_S

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
expect.set_options(timeout=PATIENCE_S * 1000)
_PATIENCE_MS = PATIENCE_S * 1000
_TABS_AT_MOST = 60


def chromium(playwright: Playwright) -> Browser:
    """The system's own one: Playwright's would be downloaded."""
    path = os.environ.get("CHROMIUM")
    assert path, "CHROMIUM names no browser: ./run test --browser finds one"
    # Its sandbox refuses root, and /dev/shm is small in containers.
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])


class Visit:
    """One person at one screen."""

    def __init__(self, browser: Browser, site: Installation) -> None:
        self.site = site
        self.complaints: list[str] = []
        self._browser = browser
        self.page = self._window()

    def reopen(self, **kind: Any) -> Page:
        """Another window instead: of another size, or without scripts."""
        self.page.context.close()
        self.page = self._window(**kind)
        return self.page

    def beside(self) -> "Visit":
        """Somebody else's."""
        return Visit(self._browser, self.site)

    def log_in(self, name: str = "Anna") -> Page:
        """As a person does; comes out at the inbox."""
        self.page.goto(self.site.link(name))
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("heading", name="Inbox")).to_be_visible()
        return self.page

    def open(self, path: str) -> Page:
        """A page of the site, with all that it fetches."""
        self.page.goto(f"{self.site.page.url}{path}")
        return self.page

    def drawn(self) -> None:
        """Wait until the page's charts are drawn, where it has any."""
        if self.page.locator("#charts").count():
            self.page.locator("#charts canvas").last.wait_for()

    def card(self, alert: int) -> Locator:
        """The alert in the inbox."""
        return self.page.locator(f"#alert-{alert}")

    def tab_to(self, name: str) -> Locator:
        """By the keyboard alone, to the control of this name; AssertionError where the tabs do not lead there."""
        focused = self.page.locator(":focus")
        for _ in range(_TABS_AT_MOST):
            self.page.keyboard.press("Tab")
            if focused.count() and focused.inner_text().strip() == name:
                return focused
        raise AssertionError(f"{_TABS_AT_MOST} tabs do not lead to {name}")

    def hurdles(self, **asked: Any) -> list[str]:
        """What axe finds on the page now that is serious or critical; `asked`: its options."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"], **asked}).response["violations"]
        return [
            f"{one['id']}: {node['html']}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    def end(self) -> None:
        self.page.context.close()

    def _window(self, **kind: Any) -> Page:
        context = self._browser.new_context(**{"viewport": DESKTOP, **kind})
        context.set_default_timeout(_PATIENCE_MS)
        page = context.new_page()
        page.on("console", lambda said: self._complain(f"console: {said.text}", said.type in ("error", "warning")))
        page.on("pageerror", lambda error: self._complain(f"script: {error}"))
        page.on("response", self._answered)
        return page

    def _answered(self, response: Response) -> None:
        self._complain(f"{response.status} of {response.request.method} a page", response.status >= 400)

    def _complain(self, words: str, wrong: bool = True) -> None:
        if wrong:
            self.complaints.append(words)
