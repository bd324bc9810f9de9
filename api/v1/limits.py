"""How large requests may be: one, and all that are being read at once."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.v1.problems import problem

_AT_ONCE = 4
"""Bodies of the largest size that may be held at once; whoever comes when that is used up is to try again."""


class BodyLimit:
    """Refuses bodies past a limit before they are held."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit = limit_bytes
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if length.isascii() and length.isdigit() and int(length[:19]) > self._limit:
            await problem(413, self._words)(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            count = len(message.get("body", b""))
            size += count
            self._held += count
            if size > self._limit:
                raise HTTPException(413, self._words)
            if self._held > _AT_ONCE * self._limit:
                raise HTTPException(503, "Too much is being read at once: try again.", {"retry-after": "1"})
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._held -= size

    @property
    def _words(self) -> str:
        return f"A request has at most {self._limit} bytes (API_BODY_LIMIT_BYTES): send it in parts."
