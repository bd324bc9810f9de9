"""What every request must be and every answer carries, whatever is asked for: the outermost layer of the page."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.site import Site

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: browsers would then send our own forms with `Origin: null`.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_SAFE = ("GET", "HEAD")


class Guard:
    """Refuses what does not come from our own pages; puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._protect(MutableHeaders(scope=message), scope["path"])
            await send(message)

        refused = refusal(self._site, scope["method"], Headers(scope=scope))
        answer = self._app if refused is None else PlainTextResponse(f"{refused}\n", 403)
        await answer(scope, receive, guarded)

    def _protect(self, headers: MutableHeaders, path: str) -> None:
        headers.update(_HEADERS)
        # What belongs to a person is kept nowhere; the rest is asked for again, and answered in a word if unchanged.
        headers["cache-control"] = "no-cache" if path.startswith("/static/") else "no-store"
        if self._site.is_secure:
            headers["strict-transport-security"] = "max-age=31536000"


def refusal(site: Site, method: str, headers: Headers) -> str | None:
    """Why a request is not taken, in a sentence for who sent it; None: it is.

    The host must be ours, or a foreign name that leads to our address could read our pages. What writes must come from
    our own pages: browsers say so in headers that no page can forge.
    """
    if headers.get("host", "").lower() not in site.hosts:
        return f"This page is served at {site.url}; to use another address, set PAGE_URL to it."
    if method in _SAFE:
        return None
    fetched_from, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if origin is not None and origin.lower() not in site.origins:
        return "This request comes from another site."
    if fetched_from not in (None, "same-origin"):
        return "This request comes from another site."
    if origin is None and fetched_from is None:
        return "This request does not say where it comes from; use a browser of this decade."
    return None
