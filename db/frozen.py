"""Sessions of consumers that froze in the middle of a COPY: they hold rows, and no timeout of Postgres ends them.

It does not count as idle in a transaction, and no statement timeout is looked at while Postgres waits for the client.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Engine, text

from core.errors import Unavailable
from db.failures import failures_named

_log = logging.getLogger(__name__)


def end_frozen_writers(engine: Engine) -> Sequence[int]:
    """End the sessions that hold partitions and wait for their clients, whoever takes over having waited for them.

    A writer that was only slow tries again. Ends sessions of consumers of our own login only; returns their ids.
    """
    ended: Sequence[int] = []
    with suppress(Unavailable), failures_named(), engine.begin() as connection:
        holders = connection.execute(text(_HOLDERS)).scalars().all()
        connection.execute(text("SET LOCAL ROLE NONE"))  # the right to end a session is that of its login
        ended = connection.execute(text(_END), {"holders": list(holders)}).scalars().all()
    for pid in ended:
        _log.warning("ended the session %d of a consumer that froze while it wrote", pid)
    return ended


# A row that is being changed names the transaction that changes it.
_HOLDERS = "SELECT DISTINCT CAST(xmax AS text) FROM ingest_partition"
# Ended in the list of columns: conditions are evaluated in whatever order, and these must hold first.
_END = """
    SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND usename = session_user AND application_name = 'faultline consumer'
       AND CAST(backend_xid AS text) = ANY(:holders) AND state = 'active' AND wait_event = 'ClientRead'
       AND clock_timestamp() - query_start > interval '5 s'"""
