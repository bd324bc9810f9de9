"""Makes a database old: millions of readings that were stored before."""

import shutil
import time
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import numpy as np

from bench.database import Database, connected
from bench.progress import Progress
from core.batch import Batch
from core.prediction import ModelVersion, Predictions
from db.copy import COLUMNS, readings_as_copy

_AT_ONCE = 100_000
_BYTES = 300
"""Of a reading with its index and its share of the write-ahead log, generously."""
_ROOM = 5_000_000_000
"""Left free on the disk."""
_SENSORS = 4
_DEVICES = 20


def store_before(database: Database, rows: int, seconds: float, folder: Path, progress: Progress) -> int:
    """Store up to so many readings of a topic of its own; how many they became in that time and room.

    Of today, as the new ones: they share their partition's table and index.
    """
    room = (shutil.disk_usage(folder).free - _ROOM) // _BYTES
    goal, done = max(0, min(rows, room)) // _AT_ONCE * _AT_ONCE, 0
    random, today = np.random.default_rng(0), datetime.now(UTC).date()
    ((topic,),) = database.rows(_TOPIC)
    database.rows(f"SELECT ensure_reading_day('{today}')")  # a date of ours
    end = time.monotonic() + seconds
    with connected(database.url) as connection, connection.cursor() as cursor:
        while done < goal and time.monotonic() < end:
            cursor.copy_expert(f"COPY reading ({COLUMNS}) FROM STDIN (FORMAT binary)", _old(topic, done, today, random))
            connection.commit()
            done += _AT_ONCE
            progress.show(f"{done:,} of {goal:,} readings stored already")
    return done


def _old(topic: int, first: int, today: date, random: np.random.Generator) -> BytesIO:
    """Readings `first` and following as a binary COPY stream."""
    offsets = np.arange(first, first + _AT_ONCE)
    batch = Batch(
        topic="",
        partitions=np.zeros(_AT_ONCE, dtype=np.int64),
        offsets=offsets,
        ids=np.frombuffer(random.bytes(16 * _AT_ONCE), dtype="V16"),
        devices=[],
        times=1_700_000_000_000_000 + offsets,
        sensors=random.random((_AT_ONCE, _SENSORS)),
        quality=np.zeros(_AT_ONCE, dtype=np.int16),
        extras=[],
        runs=[],
        dead_letters=[],
    )
    nothing = np.zeros(_AT_ONCE, dtype=np.int16)
    predictions = Predictions(ModelVersion("", 1), random.random(_AT_ONCE), nothing, nothing.astype(bool))
    return BytesIO(readings_as_copy(batch, topic, offsets % _DEVICES, predictions, 0, today))


_TOPIC = "INSERT INTO topic (name, machine) SELECT 'bench-old', id FROM machine RETURNING id"
