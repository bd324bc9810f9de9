"""HTML of the templates: escaped, and complete or not at all."""

from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent / "templates"
_templates = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def render(template: str, status: int = 200, **facts: object) -> HTMLResponse:
    """A template with these facts as an answer."""
    return HTMLResponse(_templates.get_template(template).render(**facts), status)
