"""What is found out about alerts after people were told of them: kept once, and shown as edits of what they got."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Engine, text

from db.alerts import wake
from db.failures import failures_named
from db.labels import lock_incident_of


class Wanted(NamedTuple):
    """An alert that nobody has looked into."""

    alert: int
    age_s: float
    machine: str
    device: str
    since: datetime
    until: datetime | None


class PostgresAlertDetails:
    """Alerts that were sent lately, and their details."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def next(self) -> Wanted | None:
        """The oldest of the last hour's; those in a digest only where somebody asked for them. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_NEXT)).one_or_none()
        return None if row is None else Wanted(*row)

    def save(self, alert: int, facts: Mapping[str, object], chart: Mapping[str, object] | None = None) -> bool:
        """Keep them and queue an edit of each message of the alert, and its chart where there is one.

        False: somebody was quicker. Raises Unavailable.
        """
        arguments = {"alert": alert, "facts": msgspec.json.encode(facts).decode()}
        with failures_named(), self._engine.begin() as connection:
            lock_incident_of(connection, alert)  # an answer shows itself in the same messages
            if connection.execute(text(_INSERT), arguments).rowcount == 0:
                return False
            connection.execute(text(_WRITE), arguments)
            connection.execute(text(_INSERT_EDITS), arguments)
            if chart is not None:
                picture = {"alert": alert, "chart": msgspec.json.encode(chart).decode()}
                connection.execute(text(_INSERT_CHARTS), picture)
            wake(connection)
        return True


_NEXT = """
    SELECT a.id, CAST(extract(epoch FROM now() - a.created_at) AS float8), m.name, d.name, i.since_time, i.closed_time
      FROM alert a JOIN incident i ON i.id = a.incident AND i.kind = 'fault'
      JOIN machine m ON m.id = i.machine JOIN device d ON d.id = i.device
     WHERE a.id IN (
           SELECT n.id FROM alert n
            WHERE n.id > (SELECT coalesce(max(id), 0) - 1000 FROM alert) AND n.created_at > now() - interval '1 hour'
              AND EXISTS (SELECT FROM outbox o WHERE o.alert = n.id AND o.kind = 'alert' AND o.state = 'sent')
            UNION
           SELECT alert FROM outbox
            WHERE kind = 'shown' AND state = 'sent' AND created_at > now() - interval '1 hour')
       AND NOT EXISTS (SELECT FROM alert_details x WHERE x.alert = a.id)
     ORDER BY a.id LIMIT 1"""
_INSERT = """
    INSERT INTO alert_details (alert, facts) VALUES (:alert, CAST(:facts AS jsonb)) ON CONFLICT DO NOTHING"""
# What was not sent yet says all of it at once.
_WRITE = """
    UPDATE outbox SET body = body || CAST(:facts AS jsonb)
     WHERE alert = :alert AND kind IN ('alert', 'again', 'shown')"""
# Behind all else that waits for the chat: details hold up no alert.
_INSERT_EDITS = """
    INSERT INTO outbox (channel, address, zone, kind, alert, body, edits, place)
    SELECT channel, address, zone, 'explained', alert, body, id, id + (1::bigint << 40)
      FROM outbox
     WHERE alert = :alert AND kind IN ('alert', 'again', 'shown') AND state IN ('sending', 'sent', 'uncertain')
     ORDER BY id"""
# A picture replies to the first message in each chat that shows pictures, once that was sent.
_INSERT_CHARTS = """
    INSERT INTO outbox (channel, address, zone, kind, alert, body, edits, place)
    SELECT channel, address, zone, 'chart', alert, CAST(:chart AS jsonb), id, id + (1::bigint << 40)
      FROM outbox
     WHERE alert = :alert AND kind IN ('alert', 'shown') AND channel = 'telegram'
       AND state IN ('sending', 'sent', 'uncertain')
     ORDER BY id"""
