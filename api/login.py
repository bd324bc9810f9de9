"""Logging in by a link that works once, and out again."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.pages import render
from api.site import Site
from api.stores import stores_of
from api.visitors import Here, Written, forget, remember
from core.login import Token, new_token

router = APIRouter()

HOME = "/ui/inbox"


@router.get("/login/{link}")
def invitation(request: Request, link: str) -> Response:
    """Asks before the link is used: programs that preview links in chats open them too."""
    logins = stores_of(request).logins
    name = logins.invited(Token(link).sha256)
    return render("login.html", 200 if name else 410, name=name)


@router.post("/login/{link}")
def log_in(request: Request, link: str) -> Response:
    """Use the link up, and begin a session in this browser."""
    logins = stores_of(request).logins
    site: Site = request.app.state.site
    token = new_token()
    if not logins.open(Token(link).sha256, token.sha256):
        return render("login.html", 410, name=None)
    response = RedirectResponse(HOME, 303)
    remember(response, site, token)
    return response


@router.get("/ui/me")
def me(here: Here) -> Response:
    """Who is logged in, and the way out."""
    return render("me.html", here=here)


@router.post("/logout")
def log_out(request: Request, here: Here, _: Written) -> Response:
    """End the session, here and in the database."""
    logins = stores_of(request).logins
    logins.close(here.token.sha256)
    response = render("logged_out.html")
    forget(response, request.app.state.site)
    return response
