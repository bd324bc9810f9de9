"""How the incidents of messages stand when these are sent: what they tell, and whether anybody must still hear it."""

from collections.abc import Mapping

from sqlalchemy import Connection, text


def facts_now(connection: Connection, kind: str, message: int, edits: int | None) -> Mapping[str, object] | None:
    """What a message of this kind that is sent now tells of its alert; None: what it says does not change."""
    if kind == "shown":
        _tell_as_it_stands(connection, message)
        return _edit_as_it_stands(connection, message)  # it may be answered already
    if kind in ("alert", "again", "digest"):
        return _tell_as_it_stands(connection, message)
    if kind in ("answered", "explained") and edits is not None:
        return _edit_as_it_stands(connection, edits)
    return None


def withhold(connection: Connection, channel: str, address: str) -> bool:
    """Let nobody in the chat hear again of what is over or answered by now; whether there was such a message."""
    found = connection.execute(text(_WITHHOLD), {"channel": channel, "address": address}).scalars().all()
    connection.execute(text(_WITHHOLD_EDITS), {"messages": found})
    return bool(found)


def _tell_as_it_stands(connection: Connection, message: int) -> Mapping[str, object] | None:
    """Note in a message of alerts, or in all that a digest carries, what it tells of them from now on; its own facts.

    None where it is not itself about an alert.
    """
    rows = connection.execute(text(_TELL), {"message": message}).all()
    return next((row.body for row in rows if row.id == message), None)


def _edit_as_it_stands(connection: Connection, edited: int) -> Mapping[str, object] | None:
    """What a message of an alert says from now on: its own facts, and the answer that counts; None: it is of none.

    So the order of edits does not matter.
    """
    body: Mapping[str, object] | None = connection.execute(text(_EDIT), {"edited": edited}).scalar_one_or_none()
    return body


_TELL = """
    UPDATE outbox o SET severity = s.severity, spoke_of = s.last,
           body = o.body || jsonb_build_object(
               'severity', s.severity, 'probability', greatest(s.peak, a.probability),
               'lasted', extract(epoch FROM greatest(s.last - s.since, interval '0')))
      FROM alert a JOIN incident_standing s ON s.incident = a.incident
     WHERE (o.id = :message OR o.carried_by = :message) AND o.kind IN ('alert', 'again', 'shown') AND a.id = o.alert
    RETURNING o.id, o.body"""
_EDIT = """
    SELECT e.body || coalesce((SELECT n.facts FROM alert_answer n WHERE n.alert = e.alert), '{}')
      FROM outbox e WHERE e.id = :edited AND e.alert IS NOT NULL"""
_WITHHOLD = """
    UPDATE outbox o SET state = 'withheld'
      FROM alert a JOIN incident_standing s ON s.incident = a.incident
     WHERE o.channel = :channel AND o.address = :address AND o.kind = 'again' AND o.state IN ('pending', 'uncertain')
       AND a.id = o.alert AND (s.answered OR NOT s.open)
    RETURNING o.id"""
_WITHHOLD_EDITS = "UPDATE outbox SET state = 'withheld' WHERE edits = ANY(:messages) AND state = 'pending'"
