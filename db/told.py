"""What a person asked the bot for, looked up: facts, of which words are made when they are sent."""

from sqlalchemy import Connection, text

from core.command import Asked, Command
from core.shift import shift_of
from db.answerable import Sender
from db.shelves import shelved_now
from db.shift import handed_over
from db.shown_devices import course_of, latest_devices, machines_of, troubles_of

_LISTED = 20
_READINGS = 4
_MACHINES = 3
_SHELVED = 5


def told(connection: Connection, asked: Asked, sender: Sender, chat: str) -> dict[str, object]:
    """The facts of the answer; a later question may have another one."""
    facts: dict[str, object] = {"command": asked.command.value, "by": sender.name}
    match asked.command:
        case Command.OPEN:
            rows = connection.execute(text(_WAITING), {"operator": sender.id, "count": _LISTED}).mappings().all()
            listed = [{name: row[name] for name in row if name != "waiting"} for row in rows]
            shelved = shelved_now(connection, sender.id, _SHELVED)
            return {**facts, "alerts": listed, "waiting": rows[0]["waiting"] if rows else 0, "shelved": shelved}
        case Command.ME:
            row = connection.execute(text(_ME), {"operator": sender.id, "chat": chat}).mappings().one()
            return {**facts, **row}
        case Command.DEVICES:
            devices = latest_devices(connection, sender.id, asked.argument, _LISTED)
            return {**facts, "argument": asked.argument, "devices": devices}
        case Command.DIGEST:
            return {**facts, "shift": handed_over(connection, sender.id, shift_of(asked.argument))}
        case Command.STATUS:
            return {**facts, "argument": asked.argument, "courses": _courses(connection, sender.id, asked.argument)}
        case _:
            return facts


def _courses(connection: Connection, operator: int, device: str) -> list[dict[str, object]]:
    """The latest readings of the devices of that name, newest first."""
    found: list[dict[str, object]] = []
    for machine in machines_of(connection, operator, device)[:_MACHINES]:
        course = course_of(connection, machine, device, _READINGS)
        sensors = [(name, values[::-1]) for name, values in course.sensors]
        newest_first: dict[str, object] = {"times": course.times[::-1], "scores": course.scores[::-1]}
        newest_first["trouble"] = next(iter(troubles_of(connection, machine, device, 1)), None)
        found.append({"machine": machine, **newest_first, "sensors": sensors})
    return found


_WAITING = """
    SELECT a.id AS alert, d.name AS device, i.kind, i.since_time AS since,
           greatest(i.peak, a.probability) AS probability, i.severity, i.closed_time IS NOT NULL AS over,
           count(*) OVER () AS waiting
      FROM alert a JOIN incident i ON i.id = a.incident JOIN device d ON d.id = i.device
     WHERE EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = i.machine))
       AND NOT EXISTS (SELECT FROM effective_label l WHERE l.incident = i.id)
     ORDER BY a.id DESC LIMIT :count"""
_ME = """
    SELECT o.role, o.zone,
           (SELECT count(*) FROM label l WHERE l.operator = o.id
               AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)) AS answers,
           ARRAY(SELECT DISTINCT m.name FROM subscription s LEFT JOIN machine m ON m.id = s.machine
                  WHERE s.operator = o.id AND s.address = :chat) AS machines
      FROM operator o WHERE o.id = :operator"""
