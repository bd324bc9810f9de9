"""Our consumer over a backlog: the real process, everything on."""

import time
from contextlib import ExitStack
from typing import NamedTuple

from bench.database import Database
from bench.installation import Installation, Topic, Trained
from bench.process import Process
from core.errors import UserError

_EVERY_S = 0.05
"""Between two looks at the offsets: less would be no smaller an error worth the load on the database."""
_PATIENCE_S = 60.0
_JOINING = {"KAFKA_SESSION_TIMEOUT_MS": "3000"}
"""Members hear of each other with a heartbeat, three in this time: after ten seconds the backlog would be half gone."""


class Consumed(NamedTuple):
    """What a run over a backlog took. Rates count from the first commit to the last, without that first batch."""

    readings_per_s: float
    with_start_readings_per_s: float
    """The same from the start of the process on: interpreter, model, joining the group."""
    cpu_us_per_reading: float
    """Of the consumer processes, between the same two commits."""
    peak_rss_mb: float
    """Of the largest consumer process."""


class Counted(NamedTuple):
    """What a database holds after a run."""

    transactions: int
    stored: int
    distinct_ids: int
    duplicates: int
    dead_letters: int
    gaps: int
    incidents: int
    messages: int
    """To people, about the incidents."""


class _Look(NamedTuple):
    """The state of things at a moment of the database's clock."""

    at: float
    done: int
    owners: int
    cpu_s: float


def consume_backlog(
    installation: Installation,
    topic: Topic,
    trained: Trained,
    database: Database,
    *,
    consumers: int = 1,
    skip: int = 0,
    share: float = 1.0,
) -> Consumed:
    """Store the backlog, or this share of it.

    The clock starts with the first commit after `skip` readings at which every consumer owns a partition. Raises
    UserError where a consumer dies or stands still, or where too little is left to measure by then.
    """
    with ExitStack() as running:
        began = _look(database, []).at
        joining = _JOINING if consumers > 1 else {}
        processes = [
            running.enter_context(installation.consumer(topic, trained, database, joining)) for _ in range(consumers)
        ]
        first, last = _watch(installation, database, processes, skip, int(topic.messages * share))
        peak = max(process.peak_rss_mb() for process in processes)
    readings, seconds = last.done - first.done, last.at - first.at
    if readings <= 0:
        raise UserError("the backlog was stored in one go: a larger one is needed to measure a rate")
    cpu_us = (last.cpu_s - first.cpu_s) / readings * 1e6
    return Consumed(readings / seconds, last.done / (last.at - began), cpu_us, peak)


def counted(database: Database) -> Counted:
    """What was stored there, by rows as well as by our own books."""
    return Counted(*(int(count) for count in database.rows(_COUNTS)[0]))


def _watch(
    installation: Installation, database: Database, processes: list[Process], skip: int, goal: int
) -> tuple[_Look, _Look]:
    """The moments at which the first batch past `skip`, and the one that reached the goal, had been committed."""
    first: _Look | None = None
    moved, deadline = 0, time.monotonic() + _PATIENCE_S
    while True:
        look = _look(database, processes)
        if first is None and look.done > skip and look.owners == len(processes):
            first = look
        if look.done >= goal:
            return first or look, look
        if look.done > moved:
            moved, deadline = look.done, time.monotonic() + _PATIENCE_S
            installation.progress.show(f"{look.done:,} of {goal:,} readings")
        for process in processes:
            process.check()
        if time.monotonic() > deadline:
            raise UserError(f"the consumer stands at {look.done:,} of {goal:,} readings")
        time.sleep(_EVERY_S)


def _look(database: Database, processes: list[Process]) -> _Look:
    ((at, done, owners),) = database.rows(_PROGRESS)
    return _Look(float(at), int(done), int(owners), sum(process.cpu_s() for process in processes))


_PROGRESS = """
    SELECT extract(epoch FROM clock_timestamp()), coalesce(sum(next_offset - first_offset), 0), count(DISTINCT owner)
      FROM ingest_partition"""
_COUNTS = """
    SELECT count(DISTINCT xmin::text), count(*), count(DISTINCT id),
           (SELECT sum(duplicates) FROM ingest_partition), (SELECT sum(dead_letters) FROM ingest_partition),
           (SELECT sum(gaps) FROM ingest_partition), (SELECT count(*) FROM incident),
           (SELECT count(*) FROM outbox)
      FROM reading"""
