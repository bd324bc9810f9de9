"""What each version was worth while it served: core.learning_curve from Postgres."""

import msgspec
from sqlalchemy import Connection, text

from core.learning_curve import Served


def learning_curve(connection: Connection, machine: int) -> tuple[Served, ...]:
    """Of every version of the machine that was ever champion, oldest first."""
    rows = connection.execute(text(_CURVE), {"machine": machine}).mappings()
    return tuple(msgspec.convert(dict(row), Served) for row in rows)


# Each trouble belongs to the version that raised its alert, or that scored its readings and raised none.
_CURVE = """
    WITH judged AS (
        SELECT l.verdict, a.id IS NOT NULL AS alerted,
               coalesce(a.model_version, (SELECT max(r.model_version) FROM labelled_reading r
                                           WHERE r.label = l.id AND r.quality = 0)) AS number
          FROM effective_label l LEFT JOIN incident i ON i.id = l.incident AND i.kind = 'fault'
          LEFT JOIN alert a ON a.incident = i.id
         WHERE l.machine = :machine AND (l.incident IS NULL OR i.id IS NOT NULL)),
    served AS (
        SELECT p.number, coalesce(lead(p.at) OVER (ORDER BY p.id), now()) - p.at AS span
          FROM promotion p WHERE p.machine = :machine)
    SELECT s.number,
           CAST((sum(extract(epoch FROM s.span)) / 86400.0)
                * (SELECT count(*) FROM device d WHERE d.machine = :machine) AS float8) AS device_days,
           (SELECT count(*) FROM judged j WHERE j.number = s.number AND j.alerted AND j.verdict = 'fault') AS confirmed,
           (SELECT count(*) FROM judged j WHERE j.number = s.number AND j.alerted AND j.verdict = 'false_alarm')
               AS refuted,
           (SELECT count(*) FROM judged j WHERE j.number = s.number AND NOT j.alerted AND j.verdict = 'fault') AS missed
      FROM served s GROUP BY s.number ORDER BY s.number"""
