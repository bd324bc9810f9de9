"""The readings that led to alerts: of each alert's device, up to the end of its incident or up to now."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from sqlalchemy import Connection, text

from core.shown_devices import Course
from db.shown_devices import as_course

_WINDOW = 10_000
"""So many offsets of the partition are looked through for each."""


def courses_of(connection: Connection, alerts: Sequence[int], count: int) -> Mapping[int, Course]:
    """By alert, at most `count` readings; an alert whose readings are gone or lie too far back is left out."""
    arguments = {"alerts": list(alerts), "count": count, "window": _WINDOW}
    rows = connection.execute(text(_COURSES), arguments).all()
    return {
        alert: as_course(newest_first[0].names, newest_first)
        for alert, newest_first in ((alert, list(found)) for alert, found in groupby(rows, lambda row: row.alert))
    }


_COURSES = """
    SELECT a.id AS alert, m.sensors AS names, r.time, r.score, r.sensors
      FROM alert a JOIN incident i ON i.id = a.incident JOIN machine m ON m.id = i.machine
      JOIN ingest_partition p ON p.topic = i.topic AND p.kafka_partition = i.kafka_partition
     CROSS JOIN LATERAL (SELECT coalesce(i.closed_offset, p.next_offset) AS at) AS ended
     CROSS JOIN LATERAL (SELECT r.time, r.score, r.sensors, r.kafka_offset FROM reading r
                          WHERE r.topic = i.topic AND r.kafka_partition = i.kafka_partition AND r.device = i.device
                            AND r.kafka_offset <= ended.at AND r.kafka_offset > ended.at - :window
                          ORDER BY r.kafka_offset DESC LIMIT :count) AS r
     WHERE a.id = ANY(:alerts) ORDER BY a.id, r.kafka_offset DESC"""
