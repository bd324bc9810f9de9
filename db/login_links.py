"""Links that let an operator in to the page, once."""

from sqlalchemy import Engine, text

from core.errors import UserError
from core.login import LINK_LIFETIME, Token
from db.failures import failures_named


class PostgresLoginLinks:
    """Makes login links."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def offer(self, operator: str, link: Token) -> None:
        """Let the operator in with this link. UserError where there is none of that name; Unavailable."""
        arguments = {"name": operator, "link": link.sha256, "lifetime": LINK_LIFETIME}
        with failures_named(), self._engine.begin() as connection:
            if connection.execute(text(_OFFER), arguments).rowcount == 0:
                raise UserError(f"no operator named {operator}: ./run operators list shows them")


_OFFER = """
    INSERT INTO login_link (sha256, operator, expires_at)
    SELECT :link, id, now() + :lifetime FROM operator WHERE name = :name AND removed_at IS NULL"""
