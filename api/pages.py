"""HTML of the templates: escaped, and complete or not at all."""

from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.words import FILTERS

_FOLDER = Path(__file__).parent / "templates"
_templates = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.filters.update(FILTERS)


def render(template: str, status: int = 200, **facts: object) -> HTMLResponse:
    """A template with these facts as an answer."""
    return HTMLResponse(_templates.get_template(template).render(**facts), status)


def wants_part(request: Request) -> bool:
    """Whether our script asks, which puts the answer in the place of a part of its page."""
    return request.headers.get("hx-request") == "true"
