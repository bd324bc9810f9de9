"""Templates as HTML: escaped, and complete or not at all."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.words import FILTERS

_FOLDER = Path(__file__).parent / "templates"
_templates = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.filters.update(FILTERS)


def html(template: str, **facts: object) -> str:
    """A template with these facts."""
    return _templates.get_template(template).render(**facts)
