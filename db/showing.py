"""`/alert`: one alert as a message of its own, also where a digest told of it among others."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from core.command import Command, alert_named
from core.reply import Outcome, Reply
from db.act import Act
from db.answerable import Sender


def show(connection: Connection, reply: Reply, sender: Sender) -> Act:
    """The alert as it stands; what explains it follows once that was found out."""
    argument = reply.asked.argument if reply.asked else ""
    facts = {"command": Command.ALERT.value, "by": sender.name, "argument": argument}
    alert = alert_named(argument)
    if alert is None:
        return Act(Outcome.ASKED_BACK, facts)
    row = connection.execute(text(_SHOWN), {"alert": alert, "operator": sender.id}).one_or_none()
    if row is None:
        return Act(Outcome.ASKED_BACK, facts)
    shown: Mapping[str, object] = row.body
    return Act(Outcome.DONE, {**facts, "alert": alert, "shown": shown})


# Its words are those of whichever chat was told first: they are the same everywhere.
_SHOWN = """
    SELECT o.body || coalesce(x.facts, '{}') AS body
      FROM outbox o JOIN alert a ON a.id = o.alert JOIN incident i ON i.id = a.incident
      LEFT JOIN alert_details x ON x.alert = a.id
     WHERE o.alert = :alert AND o.kind = 'alert'
       AND EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = i.machine))
     ORDER BY o.id LIMIT 1"""
