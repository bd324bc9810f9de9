"""A device's name as a command: `/pc1` asks what `/status pc1` does."""

from dataclasses import replace

from sqlalchemy import Connection, text

from core.command import Command, slashed
from core.reply import Reply
from db.answerable import Sender


def status_asked(connection: Connection, reply: Reply, sender: Sender) -> Reply:
    """The reply; as `/status DEVICE` where it is a slash and a name of a device that its sender follows.

    A machine that has one device may be named in its place. What a command cannot hold, as in `pump-7`, is written `_`.
    """
    name = slashed(reply.text)
    if not name or reply.asked is not None:
        return reply
    devices = connection.execute(text(_NAMED), {"operator": sender.id, "name": name}).scalars().all()
    return replace(reply, text=f"/{Command.STATUS} {devices[0]}") if len(devices) == 1 else reply


_NAMED = r"""
    WITH followed AS (
        SELECT d.name AS device, m.name AS machine, lower(d.name) AS lower,
               regexp_replace(lower(d.name), '[^a-z0-9]+', '_', 'g') AS command
          FROM machine m JOIN device d ON d.machine = m.id
         WHERE EXISTS (SELECT FROM subscription s
                        WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))),
    named AS (SELECT DISTINCT device FROM followed WHERE :name IN (lower, command))
    SELECT device FROM named
     UNION ALL SELECT device FROM followed WHERE machine = :name AND NOT EXISTS (SELECT FROM named)"""
