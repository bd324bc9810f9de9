"""Shelves at work: alerts of a shelved device are held, and let go at its end where they still matter."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from db.alerts import wake


def end_shelves(connection: Connection) -> None:
    """End those whose time is over; whoever looks first does it."""
    for shelf in connection.execute(text(_OVER)).scalars().all():
        end_shelf(connection, shelf, None)


def end_shelf(connection: Connection, shelf: int, operator: int | None) -> None:
    """End the shelf; who is to know of an incident that is open still hears of it, now or again."""
    arguments = {"shelf": shelf, "operator": operator}
    for statement in (_END, _REMIND, _LET_GO):
        connection.execute(text(statement), arguments)
    wake(connection)


def held(connection: Connection, message: Row[Any]) -> bool:
    """Hold what waits in the message's chat about shelved devices; whether the message itself is held."""
    if not connection.execute(text(_ANY)).scalar_one():
        return False
    arguments = {"channel": message.channel, "address": message.address}
    found = connection.execute(text(_HOLD), arguments).scalars().all()
    connection.execute(text(_DROP_EDITS), {"held": found})
    return message.id in found


def shelved_now(connection: Connection, operator: int, count: int) -> Sequence[Mapping[str, object]]:
    """The shelved devices of the machines that the operator follows, the next to end first."""
    rows = connection.execute(text(_SHELVED), {"operator": operator, "count": count}).mappings().all()
    return [dict(row) for row in rows]


_ANY = "SELECT EXISTS (SELECT FROM shelf WHERE ended_at IS NULL AND until > clock_timestamp())"
_OVER = "SELECT id FROM shelf WHERE ended_at IS NULL AND until <= clock_timestamp() FOR UPDATE SKIP LOCKED"
_SHELVED = """
    SELECT d.name AS device, s.until, p.name AS by, s.reason
      FROM shelf s JOIN device d ON d.id = s.device JOIN operator p ON p.id = s.operator
     WHERE s.ended_at IS NULL AND s.until > now()
       AND EXISTS (SELECT FROM subscription u
                    WHERE u.operator = :operator AND (u.machine IS NULL OR u.machine = d.machine))
     ORDER BY s.until LIMIT :count"""
_END = """
    UPDATE shelf SET ended_at = least(clock_timestamp(), until), ended_by = :operator
     WHERE id = :shelf AND ended_at IS NULL"""
# Edits and answers to people are not held: they ring nobody, or were asked for.
_HOLD = """
    UPDATE outbox o SET state = 'shelved'
      FROM alert a JOIN incident i ON i.id = a.incident
      JOIN shelf s ON s.device = i.device AND s.ended_at IS NULL AND s.until > clock_timestamp()
     WHERE o.channel = :channel AND o.address = :address AND o.state = 'pending' AND o.unclear = 0
       AND a.id = o.alert AND o.edits IS NULL AND o.kind NOT IN ('receipt', 'told', 'shown')
    RETURNING o.id"""
# What was said of a held alert meanwhile would wait for it, and hold up its chat.
_DROP_EDITS = "UPDATE outbox SET state = 'withheld' WHERE edits = ANY(:held) AND state = 'pending'"
# Whoever got the alert before the device was shelved hears of it again, as a reply to it.
_REMIND = """
    INSERT INTO outbox (channel, address, zone, kind, alert, body)
    SELECT o.channel, o.address, o.zone, 'unshelved', o.alert,
           o.body || jsonb_build_object('shelved_for', s.reason, 'shelved_by', p.name,
                                        'replies_to', coalesce(c.reference, o.reference))
      FROM shelf s JOIN operator p ON p.id = s.operator JOIN incident i ON i.device = s.device
      JOIN alert a ON a.incident = i.id JOIN outbox o ON o.alert = a.id AND o.kind = 'alert'
      LEFT JOIN outbox c ON c.id = o.carried_by
     WHERE s.id = :shelf AND coalesce(c.state, o.state) = 'sent' AND i.closed_offset IS NULL
       AND NOT EXISTS (SELECT FROM effective_label l WHERE l.incident = i.id)
     ORDER BY o.id"""
# An alert whose incident is over, or that somebody answered, is not news any more.
_LET_GO = """
    UPDATE outbox o
       SET state = CASE WHEN o.kind = 'alert' AND i.closed_offset IS NULL
                         AND NOT EXISTS (SELECT FROM effective_label l WHERE l.incident = i.id)
                        THEN 'pending' ELSE 'withheld' END,
           not_before = clock_timestamp(), created_at = clock_timestamp()
      FROM shelf s JOIN incident i ON i.device = s.device JOIN alert a ON a.incident = i.id
     WHERE s.id = :shelf AND o.alert = a.id AND o.state = 'shelved'"""
