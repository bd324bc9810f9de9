"""Who is logged in to the page: core.login.Logins on Postgres."""

from sqlalchemy import Engine, text

from core.login import SESSION_LIFETIME, Visitor
from db.failures import failures_named


class PostgresLogins:
    """Links and sessions, each known by its SHA-256 alone, and over by the database's clock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def invited(self, link: bytes) -> str | None:
        """Whom the link lets in; None: it was used, is over, or never was one."""
        with failures_named(), self._engine.connect() as connection:
            name: str | None = connection.execute(text(_INVITED), {"link": link}).scalar_one_or_none()
        return name

    def open(self, link: bytes, session: bytes) -> bool:
        """Use the link up and begin this session; False where the link lets nobody in."""
        with failures_named(), self._engine.begin() as connection:
            operator = connection.execute(text(_USE), {"link": link}).scalar_one_or_none()
            if operator is None:
                return False
            arguments = {"operator": operator, "session": session, "lifetime": SESSION_LIFETIME}
            for statement in (_FORGET, _BEGIN, _AUDIT):
                connection.execute(text(statement), arguments)
        return True

    def visitor(self, session: bytes) -> Visitor | None:
        """Who is behind the session; None: it is over, or the operator was removed."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_VISITOR), {"session": session}).one_or_none()
        return None if row is None else Visitor(row.id, row.name, row.role, row.zone)

    def close(self, session: bytes) -> None:
        """End the session."""
        with failures_named(), self._engine.begin() as connection:
            connection.execute(text("DELETE FROM login_session WHERE sha256 = :session"), {"session": session})


_INVITED = """
    SELECT o.name FROM login_link l JOIN operator o ON o.id = l.operator AND o.removed_at IS NULL
     WHERE l.sha256 = :link AND l.used_at IS NULL AND l.expires_at > now()"""
# Two who use it at once: the second one waits for the first, then sees that it is used.
_USE = """
    UPDATE login_link l SET used_at = now() FROM operator o
     WHERE l.sha256 = :link AND l.used_at IS NULL AND l.expires_at > now()
       AND o.id = l.operator AND o.removed_at IS NULL RETURNING o.id"""
_FORGET = "DELETE FROM login_session WHERE expires_at < now()"
_BEGIN = """
    INSERT INTO login_session (operator, sha256, expires_at) VALUES (:operator, :session, now() + :lifetime)"""
_AUDIT = """
    INSERT INTO audit (actor, action) SELECT 'page:' || id, 'logged in' FROM operator WHERE id = :operator"""
_VISITOR = """
    SELECT o.id, o.name, o.role, o.zone FROM login_session s JOIN operator o ON o.id = s.operator
     WHERE s.sha256 = :session AND s.expires_at > now() AND o.removed_at IS NULL"""
