"""A link that lets an operator in to the page."""

from api.site import site
from app.settings import Settings
from app.wiring import database
from core.errors import UserError
from core.login import new_token
from db.login_links import PostgresLoginLinks


def login_link(settings: Settings, operator: str) -> str:
    """A fresh link, good once and within an hour. UserError where there is no such operator, or no address to name."""
    if not (settings.page_port or settings.page_url):
        raise UserError("PAGE_PORT is 0, any free port: set it to the one that ./run page took, or set PAGE_URL")
    here = site(settings.page_host, settings.page_port, settings.page_url)
    token = new_token()
    PostgresLoginLinks(database(settings, "alerts")).offer(operator, token)
    return f"{here.url}/login/{token.text}"
