"""Whether the database answers."""

from sqlalchemy import Engine, text

from db.failures import failures_named


def ping(engine: Engine) -> None:
    """Come back once it has answered. Raises Unavailable."""
    with failures_named(), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
