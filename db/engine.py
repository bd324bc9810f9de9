"""Connections to Postgres, each under the role of its process."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from core.errors import UserError

# So that the wiring names its connections without importing the vendor.
__all__ = ["Connection", "Engine", "connect", "connected"]

CONNECT_TIMEOUT_S = 5
_IDLE_IN_TRANSACTION_MS = {"consumer": 5_000}
"""A process that froze in the middle of a transaction must not keep its rows from whoever takes over."""
_IDLE_IN_TRANSACTION_OTHERS_MS = 300_000
_TIMEOUTS = "-c statement_timeout=60000 -c lock_timeout=10000"


def connect(database_url: str, role: str) -> Engine:
    """An engine whose sessions act as `faultline_<role>` (`owner`: as the login itself), in UTC, with timeouts.

    Raises UserError where the URL cannot be read. Connects on first use.
    """
    idle = _IDLE_IN_TRANSACTION_MS.get(role, _IDLE_IN_TRANSACTION_OTHERS_MS)
    options = f"-c timezone=UTC {_TIMEOUTS} -c idle_in_transaction_session_timeout={idle}"
    if role != "owner":
        options += f" -c role=faultline_{role}"
    return create_engine(
        _psycopg2_url(database_url),
        connect_args={
            "options": options,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": f"faultline {role}",
            # A server that vanished without a word is noticed in half a minute, not in two hours.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
        pool_size=2,
        max_overflow=3,
        # The consumer tries again in a tenth of a second anyhow, and writes too often to ask each time before.
        pool_pre_ping=role != "consumer",
    )


@contextmanager
def connected(database_url: str, role: str) -> Iterator[Engine]:
    """The same for as long as the block: no connection outlives it."""
    engine = connect(database_url, role)
    try:
        yield engine
    finally:
        engine.dispose()


def _psycopg2_url(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError) as error:
        raise UserError("DATABASE_URL cannot be read: write postgresql://user:password@host:port/name") from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise UserError("DATABASE_URL must begin with postgresql://: Faultline stores its readings in Postgres")
    return url.set(drivername="postgresql+psycopg2")
