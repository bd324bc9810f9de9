"""The limit: the very rows that the consumer stored, copied again by a client that does nothing else."""

import io
import time
from collections.abc import Sequence
from itertools import accumulate, pairwise

from bench.database import Database, connected
from db.copy import COLUMNS, HEADER, TRAILER


def stored_batches(database: Database) -> Sequence[bytes]:
    """What the consumer stored there, as one complete binary COPY stream a transaction, in their order."""
    sizes = [int(size) for (size,) in database.rows(_SIZES)]
    buffer = io.BytesIO()
    with connected(database.url) as connection, connection.cursor() as cursor:
        # In the order in which the rows lie there, which is the one in which they were stored.
        cursor.execute("SET synchronize_seqscans = off; SET max_parallel_workers_per_gather = 0")
        cursor.copy_expert(_READINGS, buffer)
    return transactions(buffer.getbuffer(), sizes)


def transactions(stream: bytes | memoryview, sizes: Sequence[int]) -> Sequence[bytes]:
    """A binary COPY stream cut into complete ones of so many rows each."""
    rows = stream[len(HEADER) : -len(TRAILER)]
    width = len(rows) // sum(sizes)  # no column is ever NULL, so all rows of a machine have one width
    ends = list(accumulate(size * width for size in sizes))
    return [b"".join((HEADER, rows[begin:end], TRAILER)) for begin, end in pairwise([0, *ends])]


def copy_prebuilt(database: Database, batches: Sequence[bytes]) -> float:
    """Rows a second into the same tables and indexes, a transaction a batch, over one connection.

    From the first commit to the last, as the consumer's rate.
    """
    database.rows(_DAYS)
    copy = f"COPY reading ({COLUMNS}) FROM STDIN (FORMAT binary)"
    first = 0.0
    with connected(database.url) as connection, connection.cursor() as cursor:
        for batch in batches:
            cursor.copy_expert(copy, io.BytesIO(batch))
            connection.commit()
            first = first or time.perf_counter()
        seconds = time.perf_counter() - first
        ((stored,),) = database.rows("SELECT count(*) FROM reading")
    return int(stored) * (1 - len(batches[0]) / sum(map(len, batches))) / seconds


_READINGS = f"COPY (SELECT {COLUMNS} FROM reading) TO STDOUT (FORMAT binary)"  # noqa: S608  # our own columns
_SIZES = "SELECT count(*) FROM reading GROUP BY day, xmin::text ORDER BY day, min(ctid)"
# Of yesterday too: the run may have begun before midnight.
_DAYS = """
    SELECT ensure_reading_day(CAST(now() AT TIME ZONE 'UTC' AS date) + day) FROM generate_series(-1, 0) AS day"""
