"""An answer that was pressed on a card: taken in, and shown."""

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from api.pages import wants_part
from api.stores import stores_of
from core.reply import Reply


def take_in(request: Request, reply: Reply, card: str, show: Callable[[str], Response]) -> Response:
    """Accept the reply; `show` draws the card anew, with what became of it. Without our script: the inbox, there."""
    said = stores_of(request).inbox.accept("page", reply).kind
    return show(said.value) if wants_part(request) else RedirectResponse(f"/ui/inbox#{card}", 303)
