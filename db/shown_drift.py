"""What the latest look at drift found, as the page shows it."""

import msgspec
from sqlalchemy import Connection, text

from core.shown_machines import ShownDrift


def shown_drift(connection: Connection, machine: int) -> tuple[ShownDrift, ...]:
    """Of the machine's champion, a sensor each."""
    rows = connection.execute(text(_LATEST), {"machine": machine}).mappings()
    return tuple(msgspec.convert(dict(row), ShownDrift) for row in rows)


_LATEST = """
    SELECT w.sensor, CAST(w.measures ->> 'psi' AS float8) AS psi, CAST(w.measures ->> 'median' AS float8) AS median,
           CAST(w.measures ->> 'median_before' AS float8) AS median_before,
           CAST(w.measures #>> '{missing,now}' AS float8) AS missing,
           CAST(w.measures #>> '{outside,now}' AS float8) AS outside, w.words, w.until AS at
      FROM drift_window w JOIN champion c ON c.machine = w.machine AND c.number = w.number
     WHERE w.machine = :machine AND w.sensor <> ''
       AND w.until = (SELECT max(l.until) FROM drift_window l WHERE l.machine = w.machine AND l.number = w.number)
     ORDER BY w.id"""
