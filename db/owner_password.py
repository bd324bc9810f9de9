"""Another password for the database's owner, set by whoever knows an earlier one."""

from collections.abc import Sequence

from psycopg2 import sql
from psycopg2.extensions import connection, encrypt_password
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from core.errors import UserError
from db.engine import connected
from db.failures import failures_named


def renew_owner_password(database_url: str, earlier: Sequence[str]) -> bool:
    """Make the password in this URL its login's, where one of the earlier ones is so still; whether it had to be set.

    Safe to repeat. Raises UserError where no password opens, Unavailable.
    """
    try:
        with connected(database_url, "owner") as owner, failures_named(), owner.connect() as opened:
            opened.execute(text("SELECT 1"))
    except UserError:
        url = make_url(database_url)
        for password in earlier:
            if _set(url.set(password=password).render_as_string(hide_password=False), str(url.password)):
                return True
        raise
    return False


def _set(earlier_url: str, password: str) -> bool:
    """Whether the earlier URL opened, and the password was set."""
    with connected(earlier_url, "owner") as owner:
        try:
            _alter(owner, password)
        except UserError:
            return False
    return True


def _alter(owner: Engine, password: str) -> None:
    with failures_named(), owner.begin() as transaction:
        raw = transaction.connection.driver_connection
        assert isinstance(raw, connection), "the engine's driver is psycopg2"
        name = str(transaction.execute(text("SELECT session_user")).scalar_one())
        # Only a hash leaves this process, so that no server log can show the password.
        verifier = encrypt_password(password, name, raw, "scram-sha-256")
        with raw.cursor() as cursor:
            words = sql.SQL("ALTER ROLE {} PASSWORD {}")
            cursor.execute(words.format(sql.Identifier(name), sql.Literal(verifier)))
