"""LISTEN: wakes those who wait for work in the database."""

import logging
import select
import time
from contextlib import suppress

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection, quote_ident
from sqlalchemy.exc import DBAPIError

from db.engine import connect

_log = logging.getLogger(__name__)


class PostgresNotices:
    """Waits for notices on one channel. A lost notice costs a poll interval, never work: work is found in tables."""

    def __init__(self, database_url: str, role: str, channel: str) -> None:
        self._engine = connect(database_url, role)
        self._channel = channel
        self._connection: connection | None = None

    def wait(self, seconds: float) -> bool:
        """True as soon as a notice came; False after that many seconds, also while the database is away."""
        deadline = time.monotonic() + seconds
        try:
            listening = self._listening()
            while not listening.notifies:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([listening], [], [], left)[0]:
                    return False
                listening.poll()
            listening.notifies.clear()
        except (psycopg2.Error, DBAPIError, SystemError) as error:  # the last: see db.failures
            _log.debug("cannot listen on %s: %s", self._channel, error)
            self.close()
            time.sleep(max(0.0, deadline - time.monotonic()))
            return False
        return True

    def close(self) -> None:
        """Stop listening; a later `wait` starts again."""
        if self._connection is not None:
            with suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None

    def _listening(self) -> connection:
        if self._connection is None:
            pooled = self._engine.raw_connection()
            raw = pooled.driver_connection
            pooled.detach()  # ours alone: a listening session must not go back to a pool
            assert isinstance(raw, connection), "the engine's driver is psycopg2"
            raw.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with raw.cursor() as cursor:
                cursor.execute(f"LISTEN {quote_ident(self._channel, cursor)}")
            self._connection = raw
        return self._connection
