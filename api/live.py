"""Live pages: whoever has the inbox open learns what it should show, as soon as it changes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse

from api.stores import Stores, stores_of
from api.visitors import Here, Session
from core.errors import Unavailable
from core.ports.notices import Notices

_log = logging.getLogger(__name__)

router = APIRouter()

LOOKED_AT = 20
"""So many of the newest alerts."""
LOOKED_AT_QUESTIONS = 10
LOOK_AGAIN_S = 15.0
"""Also without a notice: a lost one costs no more, and a connection that died is noticed."""
_WAIT_S = 1.0
_PAUSE_S = 0.2
"""Between two rings, however many notices come."""
_SEATS = 200


class Bell:
    """Rings for all who wait when the database says that something changed."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._next = asyncio.Event()
        self.over = False
        """The page is being stopped."""
        self.seats = _SEATS
        """For so many more."""

    @property
    def next(self) -> asyncio.Event:
        """Set by the next ring: take it before you look, or a change in between is missed."""
        return self._next

    def ring(self) -> None:
        """Wake all who wait."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()

    def end(self) -> None:
        """Wake all who wait, for the last time."""
        self.over = True
        self.ring()

    async def listen(self) -> None:
        """Ring whenever a notice comes, until the end."""
        while not self.over:
            if await asyncio.to_thread(self._notices.wait, _WAIT_S):
                self.ring()
                await asyncio.sleep(_PAUSE_S)


@router.get("/ui/live")
async def live(request: Request, here: Here) -> StreamingResponse:
    """Server-sent events: the newest alerts and questions with their versions; the script fetches what is new."""
    bell: Bell = request.app.state.bell
    if bell.seats <= 0:
        raise HTTPException(503, "Too many pages are open: this one does not renew itself.")
    return StreamingResponse(_seated(stores_of(request), here, bell), media_type="text/event-stream")


async def _seated(stores: Stores, here: Session, bell: Bell) -> AsyncIterator[str]:
    bell.seats -= 1
    try:
        async for event in events(stores, here, bell):
            yield event
    finally:
        bell.seats += 1


async def events(stores: Stores, here: Session, bell: Bell) -> AsyncIterator[str]:
    """What the session's inbox should show, each time that it changed, until the session or the page is over."""
    sent: str | None = None
    while not bell.over:
        ring = bell.next
        state = await asyncio.to_thread(_look, stores, here)
        if state is None:
            yield "event: over\ndata:\n\n"
            return
        yield ": nothing new\n\n" if state in ("", sent) else f"data: {state}\n\n"
        sent = state or sent
        with suppress(TimeoutError):
            await asyncio.wait_for(ring.wait(), LOOK_AGAIN_S)


def _look(stores: Stores, here: Session) -> str | None:
    """The newest alerts and questions, newest first, as JSON: `[[12, version], …, ["q3", version], …]`.

    None where the session is over. Empty while the database is away: the page stays as it is.
    """
    try:
        if stores.logins.visitor(here.token.sha256) is None:
            return None
        newest = stores.alerts.newest(here.visitor.id, LOOKED_AT)
        asked = stores.questions.newest(here.visitor.id, LOOKED_AT_QUESTIONS)
    except Unavailable as error:
        _log.debug("live pages wait: %s", error)
        return ""
    alerts = [(alert.alert, alert.version) for alert in newest]
    questions = [(f"q{question.question}", question.version) for question in asked]
    return msgspec.json.encode([*alerts, *questions]).decode()
