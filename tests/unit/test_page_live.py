"""What a live page is told, without a browser and without a clock."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from api.live import Bell, events
from api.visitors import Session
from core.login import new_token
from tests.fake_logins import ANNA_VISITS
from tests.fake_notices import RungByHand
from tests.page_rig import PageRig


class Listening:
    """A live page of Anna's."""

    def __init__(self) -> None:
        self.rig = PageRig()
        self.notices = RungByHand()
        self.bell = Bell(self.notices)
        token = new_token()
        self.rig.logins.sessions[token.sha256] = ANNA_VISITS
        self.stream: AsyncIterator[str] = events(self.rig.stores, Session(ANNA_VISITS, token), self.bell)

    async def next(self) -> str:
        return await asyncio.wait_for(anext(self.stream), 10)

    async def state(self) -> list[list[object]]:
        event = await self.next()
        assert event.startswith("data: "), event
        found: list[list[object]] = json.loads(event.removeprefix("data: "))
        return found


def live(story: Callable[[Listening], Awaitable[None]]) -> None:
    """Play the story while the bell listens."""

    async def play() -> None:
        page = Listening()
        listening = asyncio.create_task(page.bell.listen())
        try:
            await story(page)
        finally:
            page.bell.end()
            page.notices.notify()
            await listening

    asyncio.run(play())


def test_it_is_told_first_what_it_should_show_so_that_nothing_falls_between() -> None:
    async def story(page: Listening) -> None:
        first, second = page.rig.alert(), page.rig.alert()
        assert await page.state() == [[second, "open low"], [first, "open low"]]

    live(story)


def test_a_notice_brings_a_new_alert_and_an_answer_another_version() -> None:
    async def story(page: Listening) -> None:
        assert await page.state() == []
        alert = page.rig.alert()
        page.notices.notify()
        assert await page.state() == [[alert, "open low"]]
        page.rig.say(alert, "y")
        page.notices.notify()
        assert await page.state() == [[alert, "open low 1"]]
        page.rig.say(alert, "/undo")
        page.notices.notify()
        assert await page.state() == [[alert, "open low"]]

    live(story)


def test_what_happens_while_it_looks_is_told_by_the_next_look() -> None:
    async def story(page: Listening) -> None:
        page.notices.notify()
        assert await page.state() == []
        page.notices.notify()
        assert (await page.next()).startswith(":"), "nothing is said twice"

    live(story)


def test_a_session_that_ended_is_told_nothing_more() -> None:
    async def story(page: Listening) -> None:
        await page.state()
        page.rig.alert()
        page.rig.logins.sessions.clear()
        page.notices.notify()
        assert await page.next() == "event: over\ndata:\n\n"
        with pytest.raises(StopAsyncIteration):
            await page.next()

    live(story)


def test_while_the_database_is_away_the_page_stays_as_it_is_and_goes_on_later() -> None:
    async def story(page: Listening) -> None:
        await page.state()
        page.rig.logins.away = True
        page.notices.notify()
        assert (await page.next()).startswith(":")
        page.rig.logins.away = False
        alert = page.rig.alert()
        page.notices.notify()
        assert await page.state() == [[alert, "open low"]]

    live(story)


def test_every_live_page_ends_when_the_process_is_asked_to() -> None:
    async def story(page: Listening) -> None:
        await page.state()
        page.bell.end()
        with pytest.raises(StopAsyncIteration):
            await page.next()

    live(story)


def test_no_more_pages_are_live_than_the_process_can_carry() -> None:
    rig = PageRig()
    rig.log_in()
    rig.bell.seats = 0
    answer = rig.browser.get("/ui/live")
    assert answer.status_code == 503
    assert "does not renew itself" in answer.text


def test_nobody_listens_without_a_session() -> None:
    assert PageRig().browser.get("/ui/live").status_code == 401
