"""`./run page` as a real process, and a browser of a kind before it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.processes import PATIENCE_S, Running, run, wait_until


class PageProcess:
    """A page on a free port."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.environment = {**environment, "PAGE_PORT": "0"}
        self.process = Running(["page"], self.environment, folder / "page.log")
        wait_until(lambda: self.process.said("the page is on") or not self.process.running, "the page serves")
        found = re.search(r"the page is on (http://127\.0\.0\.1:(\d+))", self.process.log.read_text())
        assert found, self.process.tail()
        self.url, self.port = found.group(1), found.group(2)

    def link(self, name: str) -> str:
        """A login link, as an engineer gets one."""
        made = run(["operators", "link", name], self.environment | {"PAGE_PORT": self.port})
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    @contextmanager
    def browser(self, name: str) -> Iterator[httpx.Client]:
        """Where this operator is logged in."""
        with httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=PATIENCE_S) as browser:
            assert browser.post(self.link(name)).status_code == 303
            yield browser


@contextmanager
def page_process(environment: Mapping[str, str], folder: Path) -> Iterator[PageProcess]:
    """A page that is ended in the end."""
    page = PageProcess(environment, folder)
    try:
        yield page
    finally:
        if page.process.running:
            page.process.kill()
