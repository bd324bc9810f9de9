"""Alerts on their way to people: queued inside the transaction that found the trouble."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, text

from core.span import HEADER, Way
from db.bulk import insert_values


def tell(connection: Connection, machine: int, alerts: Sequence[Mapping[str, object]]) -> None:
    """Queue alerts, whose facts these are, for every chat that follows the machine; one message a chat and alert."""
    if alerts:
        rows = [(machine, facts["alert"], msgspec.json.encode(facts).decode()) for facts in alerts]
        insert_values(connection, _TELL, rows)
        wake(connection)


def way_on(way: Way | None, partition: int, offset: int) -> Mapping[str, str]:
    """Under which span the alert of the reading there goes on, as one of its facts; empty: nobody records its way."""
    return {} if way is None else {HEADER: way.alerted(partition, offset).written}


def wake(connection: Connection) -> None:
    """Once this is committed, whoever sends or shows alerts looks again."""
    connection.execute(text("SELECT pg_notify('outbox', '')"))


# One message a chat, however many subscriptions lead to it. The page reads alerts where they are: it gets no message.
# What is read again after a restore counts as told.
_TELL = """
    INSERT INTO outbox (channel, address, zone, kind, alert, body, state, taken_as_told)
    SELECT DISTINCT ON (v.alert, s.channel, s.address)
           s.channel, s.address, o.zone, 'alert', v.alert, CAST(v.body AS jsonb),
           CASE WHEN i.opened_offset < p.told_until THEN 'withheld' ELSE 'pending' END,
           CASE WHEN i.opened_offset < p.told_until THEN clock_timestamp() END
      FROM (VALUES %s) AS v (machine, alert, body)
      JOIN alert a ON a.id = v.alert JOIN incident i ON i.id = a.incident
      JOIN ingest_partition p ON p.topic = i.topic AND p.kafka_partition = i.kafka_partition
      JOIN subscription s ON (s.machine IS NULL OR s.machine = v.machine) AND s.channel <> 'page'
       AND s.from_severity IS NOT NULL
      JOIN operator o ON o.id = s.operator AND o.removed_at IS NULL
     ORDER BY v.alert, s.channel, s.address, s.id"""
