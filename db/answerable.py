"""What a reply may refer to: who sent it and which alerts it can mean."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from core.measured import Measurable
from core.reply import Reply


class Sender(NamedTuple):
    """An active operator who sent a reply."""

    id: int
    name: str
    zone: str
    role: str
    """`operator` or `engineer`."""


def sender_of(connection: Connection, reply: Reply) -> Sender | None:
    """The active operator behind the reply, whatever chat it came from; None: a stranger."""
    query = _BY_CHANNEL.get(reply.channel, _BY_TELEGRAM_ID)
    row = connection.execute(text(query), {"sender": reply.sender}).one_or_none()
    return None if row is None else Sender(row.id, row.name, row.zone, row.role)


def alerts_meant(connection: Connection, reply: Reply, sender: Sender | None) -> Sequence[int]:
    """The alerts that the reply may mean.

    The one that its button, the message it replies to, or the command names; or the one that the message it replies to
    is about; or, for an undo, the one that its sender answered last; or, for a plain message in a private chat, those
    sent to that chat that nobody has answered.
    """
    if reply.question is not None:
        return ()
    if reply.alert is not None:
        query = _NAMED
    elif reply.replies_to is not None:
        query = _REPLIED_TO
    elif reply.is_undo:
        query = _ANSWERED_LAST
    elif reply.chat == reply.sender:
        query = _UNANSWERED
    else:
        return ()
    arguments = {
        "alert": reply.alert,
        "channel": reply.channel,
        "chat": reply.chat,
        "reference": reply.replies_to,
        "operator": sender.id if sender else None,
    }
    return connection.execute(text(query), arguments).scalars().all()


def device_of(connection: Connection, alert: int) -> str:
    """The device that the alert is about."""
    name: str = connection.execute(text(_DEVICE), {"alert": alert}).scalar_one()
    return name


def classes_of(connection: Connection, alerts: Sequence[int]) -> Sequence[str]:
    """Of the alerts' machines, where those have several defects; of a fault alone, for nothing else shows one."""
    return connection.execute(text(_CLASSES), {"alerts": list(alerts)}).scalars().all()


def measurable_of(connection: Connection, alerts: Sequence[int]) -> Measurable | None:
    """Of the alerts' machine, where a value is predicted; None where they are of several such machines."""
    rows = connection.execute(text(_MEASURABLE), {"alerts": list(alerts)}).all()
    if len(rows) != 1:
        return None
    low, high = rows[0].limits
    return Measurable(low, high, rows[0].unit)


_BY_NAME = "SELECT id, name, zone, role FROM operator WHERE name = :sender AND removed_at IS NULL"
_BY_TELEGRAM_ID = "SELECT id, name, zone, role FROM operator WHERE telegram_id::text = :sender AND removed_at IS NULL"
_BY_ID = "SELECT id, name, zone, role FROM operator WHERE id::text = :sender AND removed_at IS NULL"
_BY_CHANNEL = {"shell": _BY_NAME, "page": _BY_ID, "api": _BY_ID}
_NAMED = "SELECT id FROM alert WHERE id = :alert"
# A reply to a digest may mean each alert in it.
_REPLIED_TO = """
    SELECT alert FROM outbox
     WHERE channel = :channel AND address = :chat AND reference = :reference AND alert IS NOT NULL
     UNION
    SELECT o.alert FROM outbox d JOIN outbox o ON o.carried_by = d.id
     WHERE d.channel = :channel AND d.address = :chat AND d.reference = :reference
     ORDER BY alert"""
_ANSWERED_LAST = """
    SELECT alert FROM label l
     WHERE operator = :operator AND alert IS NOT NULL AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
     ORDER BY id DESC LIMIT 1"""
# The address of a digest is where the alerts in it arrived.
_UNANSWERED = """
    SELECT o.alert FROM outbox o LEFT JOIN outbox d ON d.id = o.carried_by JOIN alert a ON a.id = o.alert
     WHERE o.channel = :channel AND coalesce(d.address, o.address) = :chat AND o.kind = 'alert'
       AND coalesce(d.state, o.state) IN ('sent', 'uncertain', 'sending')
       AND NOT EXISTS (SELECT FROM effective_label l WHERE l.incident = a.incident)
     ORDER BY o.alert"""
_CLASSES = """
    SELECT c.name FROM machine m, unnest(m.classes) WITH ORDINALITY AS c (name, number)
     WHERE m.id IN (SELECT i.machine FROM alert a JOIN incident i ON i.id = a.incident
                     WHERE a.id = ANY(:alerts) AND i.kind = 'fault')
     ORDER BY m.id, c.number"""
_MEASURABLE = """
    SELECT DISTINCT m.limits, a.predicted ->> 'unit' AS unit
      FROM alert a JOIN incident i ON i.id = a.incident JOIN machine m ON m.id = i.machine
     WHERE a.id = ANY(:alerts) AND a.predicted IS NOT NULL"""
_DEVICE = """
    SELECT d.name FROM alert a JOIN incident i ON i.id = a.incident JOIN device d ON d.id = i.device
     WHERE a.id = :alert"""
