"""The page over fakes, and a browser of a kind before it."""

import re

from fastapi.testclient import TestClient

from api.page import Stores, page
from api.site import site
from core.login import new_token
from tests.fake_logins import ANNA_VISITS, FakeLogins

HERE = site("127.0.0.1", 8000)
OUR_PAGES = {"Origin": HERE.url, "Sec-Fetch-Site": "same-origin"}


class PageRig:
    """A page whose stores are fakes."""

    def __init__(self) -> None:
        self.logins = FakeLogins()
        self.browser = self.another_browser()

    def another_browser(self, **headers: str) -> TestClient:
        """One without cookies, which says that our own pages sent it."""
        stores = Stores(self.logins)
        sent = OUR_PAGES | {name.replace("_", "-"): value for name, value in headers.items()}
        return TestClient(page(stores, HERE), HERE.url, headers=sent, follow_redirects=False)

    def link(self) -> str:
        """The path of a fresh link for Anna."""
        token = new_token()
        self.logins.offer(ANNA_VISITS, token)
        return f"/login/{token.text}"

    def log_in(self) -> None:
        """Anna is logged in."""
        assert self.browser.post(self.link()).status_code == 303

    def form_key(self) -> str:
        """What a form of the session's pages carries."""
        found = re.search(r'name="form_key" value="(\w+)"', self.browser.get("/ui/me").text)
        assert found, "the page has a form"
        return found.group(1)
