"""When each offset was committed, seen from outside: asks Postgres every millisecond, over a connection of its own.

A commit's own time stamp would not do: Postgres takes it before the commit is flushed to disk, so before it counts.
What is seen here was visible to everybody: every latency is too long by up to one look, never too short.
"""

import threading
import time
from collections.abc import Mapping
from typing import Self

import numpy as np

from bench.database import connected
from bench.paced import Published
from core.batch import Floats

_EVERY_S = 0.001


class Commits(threading.Thread):
    """Watches the next offset of every partition until its block ends."""

    def __init__(self, database_url: str) -> None:
        super().__init__(name="commits", daemon=True)
        self._url = database_url
        self._ended = threading.Event()
        self._seen: dict[int, list[tuple[int, float]]] = {}
        self._looks: list[float] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Look, and note what moved."""
        with connected(self._url) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute("PREPARE look AS SELECT kafka_partition, next_offset FROM ingest_partition")
            while not self._ended.wait(_EVERY_S):
                cursor.execute("EXECUTE look")
                rows, now = cursor.fetchall(), time.perf_counter()
                self._looks.append(now)
                for partition, offset in rows:
                    self.saw(partition, offset, now)

    def saw(self, partition: int, next_offset: int, at: float) -> None:
        """Note where a partition was seen at that moment."""
        seen = self._seen.setdefault(partition, [])
        if not seen or seen[-1][0] < next_offset:
            seen.append((next_offset, at))

    def next_offsets(self) -> Mapping[int, int]:
        """By partition, as last seen."""
        return {partition: seen[-1][0] for partition, seen in self._seen.items()}

    def covers(self, published: Published) -> bool:
        """Whether all of these are committed."""
        ends = self.next_offsets()
        return all(
            ends.get(partition, 0) > published.offsets[published.partitions == partition].max()
            for partition in np.unique(published.partitions).tolist()
        )

    def latencies_ms(self, published: Published) -> Floats:
        """From produce() to committed, shape (n,)."""
        found = np.empty(len(published.at))
        for partition in np.unique(published.partitions).tolist():
            offsets, times = map(np.array, zip(*self._seen[partition], strict=True))
            rows = published.partitions == partition
            # The first look whose next offset lies past the reading's own.
            found[rows] = times[np.searchsorted(offsets, published.offsets[rows], side="right")] - published.at[rows]
        return found * 1000

    def look_ms(self) -> float:
        """The usual time between two looks: what a latency may be too long by."""
        return float(np.median(np.diff(self._looks)) * 1000)
