"""How the incidents of messages stand when these are sent: what they tell, and whether anybody must still hear it."""

from collections.abc import Mapping

from sqlalchemy import Connection, text


def tell_as_it_stands(connection: Connection, message: int) -> Mapping[str, object] | None:
    """Note in a message of alerts, or in all that a digest carries, what it tells of them from now on; its own facts.

    None where it is not itself about an alert.
    """
    rows = connection.execute(text(_TELL), {"message": message}).all()
    return next((row.body for row in rows if row.id == message), None)


def withhold(connection: Connection, channel: str, address: str) -> bool:
    """Let nobody in the chat hear again of what is over or answered by now; whether there was such a message."""
    found = connection.execute(text(_WITHHOLD), {"channel": channel, "address": address}).scalars().all()
    connection.execute(text(_WITHHOLD_EDITS), {"messages": found})
    return bool(found)


_TELL = """
    UPDATE outbox o SET severity = s.severity, spoke_of = s.last,
           body = o.body || jsonb_build_object(
               'severity', s.severity, 'probability', greatest(s.peak, a.probability),
               'lasted', extract(epoch FROM greatest(s.last - s.since, interval '0')))
      FROM alert a JOIN incident_standing s ON s.incident = a.incident
     WHERE (o.id = :message OR o.carried_by = :message) AND o.kind IN ('alert', 'again') AND a.id = o.alert
    RETURNING o.id, o.body"""
_WITHHOLD = """
    UPDATE outbox o SET state = 'withheld'
      FROM alert a JOIN incident_standing s ON s.incident = a.incident
     WHERE o.channel = :channel AND o.address = :address AND o.kind = 'again' AND o.state IN ('pending', 'uncertain')
       AND a.id = o.alert AND (s.answered OR NOT s.open)
    RETURNING o.id"""
_WITHHOLD_EDITS = "UPDATE outbox SET state = 'withheld' WHERE edits = ANY(:messages) AND state = 'pending'"
