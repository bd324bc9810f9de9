"""Who asks: the key of a request, looked up before anything of its body is read."""

import time
from collections.abc import Callable
from typing import Annotated

from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.v1.problems import problem
from api.v1.rate import Rate
from core import api_key
from core.api_key import ApiKeys, Caller
from core.errors import Unavailable
from core.login import Token, Visitor

REMEMBERED_S = 5.0
"""A key that was looked up is not looked up again for so long: so late is a revoked one refused."""
_MOST_REMEMBERED = 1000
_PUBLIC = ("/api/v1/openapi.json",)
_NOBODY = Caller("", Visitor(0, "", "operator", "UTC"), frozenset({api_key.Scope.PREDICT, api_key.Scope.READ}))
"""Who asks an older path without a key, where that is allowed. Follows no machine."""

_WORDS = "Send a key: `Authorization: Bearer fl_…`; ./run api-keys add makes one."


class KeyCheck:
    """Lets a request through whose key is good, and asks no faster than it may; the answer to others is a problem."""

    def __init__(
        self,
        app: ASGIApp,
        keys: ApiKeys,
        rate: Rate,
        *,
        without_key: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`without_key`: the paths of older systems need none."""
        self._app = app
        self._keys = keys
        self._rate = rate
        self._without_key = without_key
        self._clock = clock
        self._remembered: dict[bytes, tuple[float, Caller]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in _PUBLIC:
            await self._app(scope, receive, send)
            return
        try:
            caller = await self._caller(scope)
        except Unavailable:
            refusal = problem(503, "The database does not answer: try again in a moment.", {"retry-after": "5"})
            await refusal(scope, receive, send)
            return
        if caller is None:
            await problem(401, _WORDS, {"www-authenticate": "Bearer"})(scope, receive, send)
            return
        if wait := self._rate.wait(caller.key):
            await problem(429, "This key asks too often.", {"retry-after": f"{int(wait) + 1}"})(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller | None:
        kind, _, text = Headers(scope=scope).get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not text.strip():
            return _NOBODY if self._without_key and not scope["path"].startswith("/api/v1/") else None
        key = Token(text.strip()).sha256
        since, caller = self._remembered.get(key, (0.0, None))
        now = self._clock()
        if caller is not None and now - since < REMEMBERED_S:
            return caller
        self._remembered.pop(key, None)
        caller = await run_in_threadpool(self._keys.caller, key)
        if caller is not None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = (now, caller)
        return caller


def is_nobody(caller: Caller) -> bool:
    """Whether it asks without a key: then it sees what the older paths show, whoever follows that."""
    return caller is _NOBODY


_BEARER = HTTPBearer(auto_error=False, description="A key: ./run api-keys add NAME --operator WHO --scope predict")


async def _allowed(request: Request, needed: SecurityScopes, _: Annotated[object, Security(_BEARER)]) -> Caller:
    """Whoever asks, where the key's scopes allow it. HTTPException 403 where they do not.

    Async, though it waits for nothing: else FastAPI hands it to another thread, at each request.
    """
    caller: Caller = request.state.caller
    if missing := [scope for scope in needed.scopes if scope not in caller.scopes]:
        raise HTTPException(403, f"This key lacks the scope {missing[0]}.")
    return caller


Predicting = Annotated[Caller, Security(_allowed, scopes=[api_key.Scope.PREDICT])]
Reading = Annotated[Caller, Security(_allowed, scopes=[api_key.Scope.READ])]
Labelling = Annotated[Caller, Security(_allowed, scopes=[api_key.Scope.LABEL])]
Modelling = Annotated[Caller, Security(_allowed, scopes=[api_key.Scope.MODELS])]
