"""Where people reach the page, and what follows from it: whose requests are taken, and how the cookie is kept."""

from typing import NamedTuple
from urllib.parse import urlsplit

from core.errors import UserError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_ANY = ("0.0.0.0", "[::]")  # noqa: S104  # compared with, not listened on
_USUAL_PORTS = {"http": 80, "https": 443}


class Site(NamedTuple):
    """The page's own address, and every other that leads to it."""

    url: str
    """What links begin with, without a slash at its end."""
    origins: frozenset[str]
    """`scheme://host[:port]` of the pages whose forms are ours."""

    @property
    def hosts(self) -> frozenset[str]:
        """What a request's Host header may say."""
        return frozenset(urlsplit(origin).netloc for origin in self.origins)

    @property
    def is_secure(self) -> bool:
        """Whether people reach it over TLS."""
        return self.url.startswith("https://")

    @property
    def cookie(self) -> str:
        """The session cookie's name: the prefix lets no other host and no plain page set it."""
        return "__Host-faultline" if self.is_secure else "faultline"


def site(host: str, port: int, url: str = "") -> Site:
    """The site of a server on this address, which people reach under `url` where one is named. UserError."""
    here = f"[{host}]" if ":" in host else host
    public = _origin(url) if url else _spoken("http", "localhost" if here in _ANY else here, port)
    return Site(public, frozenset([public, *(_spoken("http", name, port) for name in (here, *LOOPBACK))]))


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.netloc.removesuffix(f":{parts.port}")
    except ValueError:
        host = ""
    if not host or parts.scheme not in _USUAL_PORTS or "@" in host or f"{parts.path.strip('/')}{parts.query}":
        raise UserError(f"PAGE_URL is wrong: {url}: write the page's address alone, such as https://faultline.example")
    return _spoken(parts.scheme, host, parts.port)


def _spoken(scheme: str, host: str, port: int | None) -> str:
    """As browsers write it: the usual port is left out."""
    return f"{scheme}://{host}".lower() + ("" if port in (None, _USUAL_PORTS[scheme]) else f":{port}")
