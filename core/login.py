"""Logging in to the page: tokens that only their bearer knows, and the person behind a session."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, Protocol

LINK_LIFETIME = timedelta(hours=1)
SESSION_LIFETIME = timedelta(days=14)

_TOKEN_BYTES = 32


class Visitor(NamedTuple):
    """An active operator who is logged in."""

    id: int
    name: str
    role: str
    zone: str


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that proves who somebody is."""

    text: str

    def __repr__(self) -> str:
        return "Token(…)"  # no log and no traceback shows it

    @property
    def sha256(self) -> bytes:
        """What the database keeps of it; a hash without salt is enough for 256 random bits."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).digest()

    @property
    def form_key(self) -> str:
        """What each form of this session carries: who cannot read our pages cannot know it."""
        return hmac.new(self.text.encode("utf-8", "surrogatepass"), b"faultline form, version 1", "sha256").hexdigest()


def new_token() -> Token:
    """A token of 256 random bits, fit for a URL and a cookie."""
    return Token(secrets.token_urlsafe(_TOKEN_BYTES))


class Logins(Protocol):
    """Who is logged in. All methods raise Unavailable."""

    def invited(self, link: bytes) -> str | None:
        """Whom the link (its SHA-256) lets in; None: it was used, is over, or never was one."""

    def open(self, link: bytes, session: bytes) -> bool:
        """Use the link up and begin this session (its SHA-256); False where the link lets nobody in."""

    def visitor(self, session: bytes) -> Visitor | None:
        """Who is behind the session; None: it is over, or the operator was removed."""

    def close(self, session: bytes) -> None:
        """End the session."""
