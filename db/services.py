"""One-way services as subscribers: each setting that lists some is an operator, who never answers."""

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import Connection, Engine, text

from db.failures import failures_named

CHANNEL = "service"
ROLES = {"NOTIFY_URLS": "operator", "ENGINEER_URLS": "engineer"}
"""What a setting's services hear of: alerts, or Faultline's own troubles and no alerts."""
_UNNAMED = "the settings name this service no more"


class PostgresServices:
    """Keeps subscriptions as the settings name them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def follow(self, named: Mapping[str, Collection[str]]) -> None:
        """From now on exactly these services are told, by setting; what waits for others is given up.

        Safe to repeat, and to call from several processes with the same settings. Raises Unavailable.
        """
        with failures_named(), self._engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('faultline.services'))"))
            for setting, role in ROLES.items():
                self._subscribe(connection, setting, role, list(named[setting]))
            wanted = [service for services in named.values() for service in services]
            key = {"channel": CHANNEL, "wanted": wanted, "error": _UNNAMED}
            given_up = connection.execute(text(_GIVE_UP), key).rowcount
            if given_up:
                detail = msgspec.json.encode({"messages": given_up, "channel": CHANNEL, "error": _UNNAMED}).decode()
                connection.execute(text(_REPORT), {"detail": detail})

    def _subscribe(self, connection: Connection, setting: str, role: str, services: list[str]) -> None:
        key = {"name": setting, "role": role, "channel": CHANNEL, "wanted": services}
        if services:
            connection.execute(text(_OPERATOR), key)
        connection.execute(text(_UNSUBSCRIBE), key)
        connection.execute(text(_SUBSCRIBE), {**key, "from": 1 if role == "operator" else None})
        if not services:
            connection.execute(text(_NO_OPERATOR), key)


_OPERATOR = """
    INSERT INTO operator (name, role) VALUES (:name, :role)
    ON CONFLICT (name) WHERE removed_at IS NULL DO UPDATE SET role = excluded.role"""
_NO_OPERATOR = "UPDATE operator SET removed_at = now() WHERE name = :name AND removed_at IS NULL"
_UNSUBSCRIBE = """
    DELETE FROM subscription s USING operator o
     WHERE o.id = s.operator AND o.name = :name AND s.channel = :channel AND s.address <> ALL(:wanted)"""
_SUBSCRIBE = """
    INSERT INTO subscription (operator, channel, address, from_severity)
    SELECT o.id, :channel, wanted, CAST(:from AS smallint)
      FROM operator o CROSS JOIN unnest(CAST(:wanted AS text[])) AS wanted
     WHERE o.name = :name AND o.removed_at IS NULL
    ON CONFLICT (operator, channel, address, machine) DO NOTHING"""
# Nobody would ever send it; it stays in the outbox, with the reason.
_GIVE_UP = """
    UPDATE outbox SET state = 'dead', error = :error
     WHERE channel = :channel AND address <> ALL(:wanted) AND state IN ('pending', 'uncertain')"""
_REPORT = """
    INSERT INTO audit (actor, action, detail) VALUES ('alerts', 'messages given up', CAST(:detail AS jsonb))"""
