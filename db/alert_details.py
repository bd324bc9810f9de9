"""What is found out about alerts after people were told of them: kept once, and shown as edits of what they got."""

from collections.abc import Mapping
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


class PostgresAlertDetails:
    """Alerts that were sent lately, and their details."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def next(self) -> Wanted | None:
        """The oldest of the last hour's; alerts that a digest carries have no details. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_NEXT)).one_or_none()
        return None if row is None else Wanted(row.id, float(row.age_s))

    def save(self, alert: int, facts: Mapping[str, object]) -> bool:
        """Keep them and queue an edit of each message of the alert; False: somebody was quicker. Raises Unavailable."""
        arguments = {"alert": alert, "facts": msgspec.json.encode(facts).decode()}
        with failures_named(), self._engine.begin() as connection:
            lock_incident_of(connection, alert)  # an answer shows itself in the same messages
            if connection.execute(text(_INSERT), arguments).rowcount == 0:
                return False
            connection.execute(text(_WRITE), arguments)
            connection.execute(text(_INSERT_EDITS), arguments)
            wake(connection)
        return True


_NEXT = """
    SELECT a.id, extract(epoch FROM now() - a.created_at) AS age_s
      FROM alert a JOIN incident i ON i.id = a.incident AND i.kind = 'fault'
     WHERE a.id > (SELECT coalesce(max(id), 0) - 1000 FROM alert) AND a.created_at > now() - interval '1 hour'
       AND EXISTS (SELECT FROM outbox o WHERE o.alert = a.id AND o.kind = 'alert' AND o.state = 'sent')
       AND NOT EXISTS (SELECT FROM alert_details x WHERE x.alert = a.id)
     ORDER BY a.id LIMIT 1"""
_INSERT = """
    INSERT INTO alert_details (alert, facts) VALUES (:alert, CAST(:facts AS jsonb)) ON CONFLICT DO NOTHING"""
# What was not sent yet says all of it at once.
_WRITE = """
    UPDATE outbox SET body = body || CAST(:facts AS jsonb) WHERE alert = :alert AND kind IN ('alert', 'again')"""
# Behind all else that waits for the chat: details hold up no alert.
_INSERT_EDITS = """
    INSERT INTO outbox (channel, address, zone, kind, alert, body, edits, place)
    SELECT channel, address, zone, 'explained', alert, body, id, id + (1::bigint << 40)
      FROM outbox
     WHERE alert = :alert AND kind IN ('alert', 'again') AND state IN ('sending', 'sent', 'uncertain')
     ORDER BY id"""
