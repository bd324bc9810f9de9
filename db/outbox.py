"""Messages to send, stored before they are sent: core.ports.chat.Outbox on Postgres."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, text

from core.delivery import after_failure
from core.errors import ChatMoved, FaultlineError, NotSent, SendUnclear, Undeliverable
from core.ports.chat import OutboxMessage
from db.chat import follow_chat, may_send_now, pace_chat, pause_chat, put_off
from db.digests import carried, digest_facts, gather
from db.failures import failures_named
from db.hearing import kept, let_go
from db.shelves import end_shelves, held
from db.standing import facts_now, withhold

LEASE_S = 60.0
"""Longer than a send can take with every timeout of the HTTP client used up."""


class PostgresOutbox:
    """One message in flight a chat, oldest first; leases and pacing run on the database's clock."""

    def __init__(self, engine: Engine, lease_s: float = LEASE_S) -> None:
        self._engine = engine
        self._lease_s = lease_s

    def claim(self, channels: Sequence[str], worker: str) -> OutboxMessage | None:
        """The next message that may be sent now, leased to this worker; None when there is none."""
        with failures_named(), self._engine.begin() as connection:
            for expired in connection.execute(text(_EXPIRED)).all():
                _settle(connection, expired, SendUnclear("the sender vanished before it could say what became of it"))
            end_shelves(connection)
            let_go(connection)
            while row := connection.execute(text(_NEXT), {"channels": list(channels)}).one_or_none():
                if row.edited_state == "dead":
                    _settle(connection, row, Undeliverable("the message that it edits was never delivered"))
                    continue
                if held(connection, row) or kept(connection, row):
                    continue
                if row.kind == "again" and withhold(connection, row.channel, row.address):
                    continue
                if row.kind in ("explained", "chart") and put_off(connection, row):
                    continue
                if not may_send_now(connection, row.channel, row.address):
                    return None
                row = gather(connection, row)
                connection.execute(text(_LEASE), {"id": row.id, "worker": worker, "lease": self._lease_s})
                return _message(connection, row)
        return None

    def due(self, channels: Sequence[str]) -> float | None:
        """Seconds until `claim` may find a message; None: none waits."""
        with failures_named(), self._engine.connect() as connection:
            seconds = connection.execute(text(_DUE), {"channels": list(channels)}).scalar_one()
        return None if seconds is None else max(0.0, float(seconds))

    def sent(self, message: OutboxMessage, reference: str) -> None:
        """It arrived, and the channel calls it `reference`; true even where the lease ran out meanwhile."""
        key = {"id": message.id, "tries": message.tries, "reference": reference}
        with failures_named(), self._engine.begin() as connection:
            connection.execute(text(_SENT), key)
            pace_chat(connection, message.channel, message.address)

    def failed(self, message: OutboxMessage, error: FaultlineError) -> None:
        """It did not arrive, or perhaps not, or never will; nothing happens where the lease was lost meanwhile."""
        key = {"id": message.id, "tries": message.tries}
        with failures_named(), self._engine.begin() as connection:
            if row := connection.execute(text(_IN_FLIGHT), key).one_or_none():
                _settle(connection, row, error)
                pace_chat(connection, row.channel, row.address)


def _settle(connection: Connection, row: Row[Any], error: FaultlineError) -> None:
    """Apply what follows from a failed try; a dead message leaves a row in the audit."""
    then = after_failure(error, row.tries, row.unclear)
    arguments = {"id": row.id, "error": str(error), **then._asdict()}
    connection.execute(text(_FAILED), arguments)
    if isinstance(error, ChatMoved):
        follow_chat(connection, row.channel, row.address, error.chat)
    if isinstance(error, NotSent) and error.retry_after > 0:
        pause_chat(connection, row.channel, row.address, error.retry_after)
    if then.state == "dead":
        detail = {"message": row.id, "alert": row.alert, "channel": row.channel, "chat": row.address}
        detail |= {"error": str(error)} | ({"alerts": carried(connection, row.id)} if row.kind == "digest" else {})
        connection.execute(text(_REPORT), {"detail": msgspec.json.encode(detail).decode()})


def _message(connection: Connection, row: Row[Any]) -> OutboxMessage:
    told = facts_now(connection, row.kind, row.id, row.edits)
    digest = row.id if row.kind == "digest" else row.edited_digest
    return OutboxMessage(
        id=row.id,
        channel=row.channel,
        address=row.address,
        kind="digest" if digest else row.kind,
        alert=row.alert,
        body=digest_facts(connection, digest) if digest else told or row.body,
        edits=None if row.kind == "chart" else row.edited_reference,
        replies_to=row.edited_reference if row.kind == "chart" else row.body.get("replies_to"),
        zone=row.zone,
        tries=row.tries + 1,
        possible_repeat=row.unclear > 0,
    )


# An edit of an alert that a digest carries is an edit of the digest.
_NEXT = """
    SELECT o.*, d.id AS edited_digest, coalesce(d.state, e.state) AS edited_state,
           coalesce(d.reference, e.reference) AS edited_reference
      FROM outbox o LEFT JOIN outbox e ON e.id = o.edits LEFT JOIN outbox d ON d.id = e.carried_by
     WHERE o.id IN (SELECT id FROM outbox_head
                     WHERE channel = ANY(:channels) AND state <> 'sending' AND due_at <= clock_timestamp())
       AND o.state IN ('pending', 'uncertain')
       AND (e.id IS NULL OR coalesce(d.state, e.state) IN ('sent', 'dead'))
     ORDER BY coalesce(o.place, o.id) LIMIT 1 FOR UPDATE OF o SKIP LOCKED"""
_DUE = """
    SELECT extract(epoch FROM min(due_at) - clock_timestamp()) FROM outbox_head WHERE channel = ANY(:channels)"""
_LEASE = """
    UPDATE outbox SET state = 'sending', tries = tries + 1, lease_owner = :worker,
           lease_until = clock_timestamp() + make_interval(secs => :lease)
     WHERE id = :id"""
_EXPIRED = "SELECT * FROM outbox WHERE state = 'sending' AND lease_until < clock_timestamp() FOR UPDATE SKIP LOCKED"
# The number of tries names the lease: nobody else has claimed the message since.
_IN_FLIGHT = "SELECT * FROM outbox WHERE id = :id AND tries = :tries AND state = 'sending' FOR UPDATE"
_SENT = """
    UPDATE outbox SET state = 'sent', reference = :reference, sent_at = clock_timestamp(), error = NULL,
           lease_until = NULL, lease_owner = NULL
     WHERE id = :id AND tries = :tries AND state IN ('sending', 'uncertain')"""
_FAILED = """
    UPDATE outbox SET state = :state, unclear = :unclear, error = :error, lease_until = NULL, lease_owner = NULL,
           not_before = clock_timestamp() + make_interval(secs => :wait_s)
     WHERE id = :id"""
_REPORT = """
    INSERT INTO audit (actor, action, detail) VALUES ('alerts', 'message given up', CAST(:detail AS jsonb))"""
