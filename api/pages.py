"""HTML of the templates as answers."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.html import html


def render(template: str, status: int = 200, **facts: object) -> HTMLResponse:
    """A template with these facts as an answer."""
    return HTMLResponse(html(template, **facts), status)


def wants_part(request: Request) -> bool:
    """Whether our script asks, which puts the answer in the place of a part of its page."""
    return request.headers.get("hx-request") == "true"
