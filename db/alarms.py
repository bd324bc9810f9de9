"""Alarms about Faultline itself, to the engineers, inside the transaction that found the trouble."""

import msgspec
from sqlalchemy import Connection, text


def tell_engineers(connection: Connection, machine: int | None, words: str) -> None:
    """Queue these words for every chat of an engineer who follows the machine, or any (None); one message a chat."""
    body = msgspec.json.encode({"text": words}).decode()
    connection.execute(text(_TELL), {"machine": machine, "body": body})
    connection.execute(text("SELECT pg_notify('outbox', '')"))


_TELL = """
    INSERT INTO outbox (channel, address, zone, kind, body)
    SELECT DISTINCT ON (s.channel, s.address) s.channel, s.address, o.zone, 'text', CAST(:body AS jsonb)
      FROM subscription s JOIN operator o ON o.id = s.operator AND o.removed_at IS NULL AND o.role = 'engineer'
     WHERE (s.machine IS NULL OR s.machine = coalesce(CAST(:machine AS smallint), s.machine)) AND s.channel <> 'page'
     ORDER BY s.channel, s.address, s.id"""
