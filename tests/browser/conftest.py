"""One page over one real database for all tests of this folder, and a real browser before it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.installation import Installation, installation
from tests.browser.visit import Visit, chromium
from tests.conftest import Servers, fresh_database


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = chromium(playwright)
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(servers: Servers, _migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Anna and Ben, some devices, an alert with an answer; and `./run page`."""
    with (
        fresh_database(servers.database_url, "browser", _migrated_template) as url,
        installation(url, tmp_path_factory.mktemp("page")) as found,
    ):
        yield found


@pytest.fixture
def visit(browser: Browser, site: Installation) -> Iterator[Visit]:
    """A fresh browser window, where nobody is logged in; at its end nothing may have been wrong on any page of it."""
    found = Visit(browser, site)
    yield found
    found.end()
    assert found.complaints == [], "no console error, no violation of the policy, no failed request"
