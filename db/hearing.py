"""Who hears of an alert, and when: by severity, outside quiet hours, or only where nobody answered in time."""

from typing import Any

from sqlalchemy import Connection, Row, text

from db.alerts import wake


def let_go(connection: Connection) -> None:
    """Let those messages go that were kept and whose time has come; forget those that are no news any more."""
    if connection.execute(text(_ANY_KEPT)).scalar_one():
        connection.execute(text(_WITHHOLD))
        if connection.execute(text(_LET_GO)).rowcount:
            wake(connection)


def kept(connection: Connection, message: Row[Any]) -> bool:
    """Keep what waits in the message's chat and is not to be heard there yet; whether the message itself is kept."""
    if message.kind not in ("alert", "again", "unshelved") or message.unclear:
        return False
    arguments = {"channel": message.channel, "address": message.address}
    found = connection.execute(text(_KEEP), arguments).scalars().all()
    connection.execute(text(_DROP_EDITS), {"kept": found})
    return message.id in found


_ANY_KEPT = "SELECT EXISTS (SELECT FROM outbox WHERE state = 'kept')"
# What is over is still told where only quiet hours kept it: somebody must say what it was.
_WITHHOLD = """
    UPDATE outbox o SET state = 'withheld' FROM outbox_hearing h
     WHERE h.message = o.id AND o.state = 'kept'
       AND (h.answered OR h.over AND NOT (h.concerned AND o.kind = 'alert'))"""
_LET_GO = """
    UPDATE outbox o SET state = 'pending', not_before = clock_timestamp(), body = o.body || '{"kept": true}'
      FROM outbox_hearing h
     WHERE h.message = o.id AND o.state = 'kept' AND h.now"""
_KEEP = """
    UPDATE outbox o SET state = 'kept' FROM outbox_hearing h
     WHERE o.channel = :channel AND o.address = :address AND o.state = 'pending' AND o.unclear = 0
       AND h.message = o.id AND NOT h.now
    RETURNING o.id"""
# What was said of a kept alert meanwhile would wait for it, and hold up its chat.
_DROP_EDITS = "UPDATE outbox SET state = 'withheld' WHERE edits = ANY(:kept) AND state = 'pending'"
