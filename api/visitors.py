"""Who asks: the session in the cookie, and the key that each of its forms carries."""

import hmac
from collections.abc import Mapping
from typing import Annotated, NamedTuple

from fastapi import Depends, HTTPException, Request, Response

from api.forms import form
from api.site import Site
from api.stores import stores_of
from core.login import SESSION_LIFETIME, Token, Visitor


class Session(NamedTuple):
    """A person who is logged in, and the token that says so."""

    visitor: Visitor
    token: Token

    @property
    def form_key(self) -> str:
        """For the forms of this session's pages."""
        return self.token.form_key


def session(request: Request) -> Session:
    """The session of whoever asks. HTTPException 401 where there is none."""
    site: Site = request.app.state.site
    token = Token(request.cookies.get(site.cookie, ""))
    visitor = stores_of(request).logins.visitor(token.sha256)
    if visitor is None:
        raise HTTPException(401)
    return Session(visitor, token)


Here = Annotated[Session, Depends(session)]


def written(here: Here, fields: Annotated[Mapping[str, str], Depends(form)]) -> Mapping[str, str]:
    """The fields of a form that this session's own page sent. HTTPException 403 for any other."""
    if not hmac.compare_digest(fields.get("form_key", "").encode(), here.form_key.encode()):
        raise HTTPException(403, "This form is not valid any more: reload the page and send it again.")
    return fields


Written = Annotated[Mapping[str, str], Depends(written)]


def remember(response: Response, site: Site, token: Token) -> None:
    """Put the session into the browser: no script reads it, no other site sends it."""
    response.set_cookie(
        site.cookie,
        token.text,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        secure=site.is_secure,
        httponly=True,
        samesite="strict",
    )


def forget(response: Response, site: Site) -> None:
    """Take the session out of the browser."""
    response.delete_cookie(site.cookie, secure=site.is_secure, httponly=True, samesite="strict")
