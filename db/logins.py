"""One database login for each process, with the rights of its role alone."""

from collections.abc import Mapping

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection, encrypt_password
from sqlalchemy import Engine, text

from core.errors import UserError
from db.failures import failures_named

PROCESSES = ("consumer", "alerts", "trainer", "page", "api", "dashboards")
"""Those that have a login of their own; `dashboards` is Grafana."""
_NO_LONGER = {"page": "api"}
"""What a login of an earlier release could act as."""
_ACTS_AT_ONCE = "dashboards"
"""Grafana knows no roles: its sessions begin under its own, and a panel that asks too much is cut off."""
# `status` reads under it, whichever process's login it finds; it may see no more than these already do. Page and API
# may see less: whoever breaks into what browsers and programs reach shall not read everything.
_READ_ONLY, _MAY_READ = "faultline_grafana", ("consumer", "alerts", "trainer")
# Files are scored with the trainer's login, which reads the models.
_SCORES, _MAY_KEEP_SCORES = "faultline_scores", ("trainer",)


def login_of(process: str) -> str:
    """The name of a process's login."""
    return f"faultline_{process}_login"


def ensure_logins(owner: Engine, passwords: Mapping[str, str]) -> None:
    """Create the logins of these processes where they are missing and set their passwords; safe to repeat.

    Raises UserError where the owner's login may not, Unavailable.
    """
    with failures_named(), owner.begin() as transaction:
        transaction.execute(text("SELECT pg_advisory_xact_lock(hashtext('faultline.logins'))"))
        raw = transaction.connection.driver_connection
        assert isinstance(raw, connection), "the engine's driver is psycopg2"
        try:
            for process, password in passwords.items():
                _ensure(raw, process, password)
        except psycopg2.errors.InsufficientPrivilege as error:
            raise UserError(
                f"the database login may not make logins ({str(error).strip().splitlines()[0]}): "
                "give DATABASE_URL a login that has CREATEROLE"
            ) from error


def _ensure(raw: connection, process: str, password: str) -> None:
    name = login_of(process)
    # Only a hash leaves this process, so that no server log can show the password.
    verifier = encrypt_password(password, name, raw, "scram-sha-256")
    names = {"login": sql.Identifier(name), "role": sql.Identifier(f"faultline_{process}")}
    with raw.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,))
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {login} LOGIN NOINHERIT").format(**names))
        cursor.execute(
            sql.SQL("ALTER ROLE {login} PASSWORD {password}").format(password=sql.Literal(verifier), **names)
        )
        cursor.execute(sql.SQL("GRANT {role} TO {login}").format(**names))
        if process in _NO_LONGER:
            no_longer = sql.Identifier(f"faultline_{_NO_LONGER[process]}")
            cursor.execute(sql.SQL("REVOKE {} FROM {login}").format(no_longer, **names))
        if process in _MAY_READ:
            cursor.execute(sql.SQL("GRANT {} TO {login}").format(sql.Identifier(_READ_ONLY), **names))
        if process in _MAY_KEEP_SCORES:
            cursor.execute(sql.SQL("GRANT {} TO {login}").format(sql.Identifier(_SCORES), **names))
        if process == _ACTS_AT_ONCE:
            cursor.execute(sql.SQL("ALTER ROLE {login} SET role = {role}").format(**names))
            cursor.execute(sql.SQL("ALTER ROLE {login} SET statement_timeout = '15s'").format(**names))
