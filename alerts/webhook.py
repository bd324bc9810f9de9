"""Updates that Telegram brings itself, to a server of ours behind a proxy with TLS: the other way than polling."""

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from core.errors import FaultlineError, UserError

_log = logging.getLogger(__name__)

_LONGEST = 1_000_000
"""Bytes of an update: Telegram's are far smaller."""
_SECRET_HEADER = b"x-telegram-bot-api-secret-token"

Message = MutableMapping[str, Any]
"""Of ASGI, as are the other two."""
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Hook(NamedTuple):
    """Where Telegram brings updates, and what it must know to do so."""

    url: str
    secret: str


def hook_of(url: str, token: str) -> Hook:
    """The hook at this public address. Its secret follows from the token: every process knows it, nobody else does.

    UserError where Telegram would not take the address.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise UserError("TELEGRAM_WEBHOOK_URL is no address that Telegram takes: https://HOST/PATH")
    return Hook(url, hmac.new(token.encode(), b"faultline.webhook", hashlib.sha256).hexdigest())


class Receiver:
    """An ASGI application that takes the updates of one hook, and answers once each is stored."""

    def __init__(self, hook: Hook, take: Callable[[Mapping[str, Any]], Awaitable[None]]) -> None:
        """`take` stores an update and acts on it; a repeat changes nothing."""
        self._path = urlsplit(hook.url).path or "/"
        self._secret = hook.secret.encode()
        self._take = take

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request: 200 once the update is stored, 503 where Telegram should bring it again."""
        await _answer(send, await self._status(scope, receive))

    async def _status(self, scope: Message, receive: Receive) -> int:
        if scope["path"] != self._path or scope["method"] != "POST":
            return 404
        given = dict(scope["headers"]).get(_SECRET_HEADER, b"")
        if not hmac.compare_digest(given, self._secret):
            _log.warning("somebody brought an update without Telegram's secret; it was not looked at")
            return 403
        body = await _body(receive)
        if body is None:
            return 413
        try:
            update = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return 400
        if not isinstance(update, dict) or type(update.get("update_id")) is not int:
            return 400
        try:
            await self._take(update)
        except FaultlineError as error:
            _log.warning("an update waits at Telegram: %s", error)
            return 503
        return 200


async def _body(receive: Receive) -> bytes | None:
    """The request's body; None where it is too long."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _LONGEST:
            return None
        if not message.get("more_body"):
            return bytes(body)


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
