"""Alerts that are told again: found in the database, decided by core.reminder, queued once, whoever looks."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, text

from core.alert_policy import AlertPolicy
from core.reminder import Retelling, Standing, Told, why_told_again
from core.severity import Severity
from db.failures import failures_named


class PostgresRetellings:
    """core.ports.chat.Retellings: on the database's clock, so that it does not matter which dispatcher looks."""

    def __init__(self, engine: Engine, policies: Mapping[str, AlertPolicy]) -> None:
        """`policies`: of each machine; incidents of others are not told again."""
        self._engine = engine
        self._policies = policies

    def queue(self) -> int:
        """Queue a message for each chat that must hear of an incident again; how many. Raises Unavailable."""
        if not self._policies:
            return 0
        arguments = {
            "soonest": min(policy.remind_after for policy in self._policies.values()),
            "most": max(policy.reminders for policy in self._policies.values()),
        }
        with failures_named(), self._engine.begin() as connection:
            if not connection.execute(text(_ALONE)).scalar_one():
                return 0  # another dispatcher is at it
            queued = sum(self._queue(connection, row) for row in connection.execute(text(_TOLD), arguments).all())
            if queued:
                connection.execute(text("SELECT pg_notify('outbox', '')"))
        return queued

    def _queue(self, connection: Connection, row: Row[Any]) -> int:
        why = self._why(row)
        if not why.is_told:
            return 0
        body = msgspec.json.encode({"again": why.value, "replies_to": row.reference}).decode()
        arguments = {"first": row.id, "retelling": row.retellings + 1, "severity": row.severity, "body": body}
        return connection.execute(text(_INSERT), arguments).rowcount

    def _why(self, row: Row[Any]) -> Retelling:
        policy = self._policies.get(row.machine)
        if policy is None:
            return Retelling.ENOUGH
        told = Told(Severity(row.told_severity), row.reminders, row.told_of, row.told_at)
        standing = Standing(Severity(row.severity), row.open, row.answered, row.last)
        return why_told_again(told, standing, policy, row.clock)


_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('faultline.retellings'))"
# Nobody hears again of what they have not heard yet, and no reminder soon after the end of a shelf, which says it too.
# Messages from before there were severities told of the one by now. What a restore took as told is as severe as people
# know: they are reminded of it, once its partition is read as far as it was before the loss.
_TOLD = """
    SELECT f.id, coalesce(d.reference, f.reference) AS reference, m.name AS machine, s.severity, s.open, s.answered,
           s.last, coalesce(t.severity, s.severity) AS told_severity, coalesce(t.spoke_of, s.since) AS told_of,
           t.sent_at AS told_at, t.reminders, t.retellings, clock_timestamp() AS clock
      FROM incident i JOIN machine m ON m.id = i.machine JOIN incident_standing s ON s.incident = i.id
      JOIN alert a ON a.incident = i.id
      JOIN outbox f ON f.alert = a.id AND f.kind = 'alert' LEFT JOIN outbox d ON d.id = f.carried_by
      CROSS JOIN LATERAL (
           SELECT max(coalesce(o.severity, s.severity)) FILTER (WHERE o.state <> 'withheld') AS severity,
                  max(coalesce(o.spoke_of, s.since)) FILTER (WHERE o.state <> 'withheld') AS spoke_of,
                  max(coalesce(c.sent_at, o.sent_at, c.taken_as_told, o.taken_as_told)) AS sent_at,
                  count(*) - 1 AS retellings,
                  count(*) FILTER (WHERE o.body->>'again' = 'reminder' AND o.state <> 'withheld') AS reminders,
                  bool_or(coalesce(c.state, o.state) IN ('pending', 'sending', 'uncertain', 'kept')) AS is_on_its_way
             FROM outbox o LEFT JOIN outbox c ON c.id = o.carried_by
            WHERE o.id = f.id OR (o.kind = 'again' AND o.retells = f.id)) AS t
     WHERE i.closed_offset IS NULL AND NOT s.answered AND NOT t.is_on_its_way
       AND (coalesce(d.state, f.state) = 'sent' OR coalesce(d.taken_as_told, f.taken_as_told) IS NOT NULL)
       AND NOT EXISTS (SELECT FROM ingest_partition p
                        WHERE p.topic = i.topic AND p.kafka_partition = i.kafka_partition
                          AND p.next_offset < p.told_until)
       AND NOT EXISTS (SELECT FROM shelf h WHERE h.device = i.device AND h.ended_at IS NULL)
       AND EXISTS (SELECT FROM subscription n JOIN operator p ON p.id = n.operator AND p.removed_at IS NULL
                     LEFT JOIN chat c ON c.channel = f.channel AND c.address = f.address
                    WHERE n.channel = f.channel AND n.address IN (f.address, c.moved_to)
                      AND (n.machine IS NULL OR n.machine = i.machine))
       AND (s.severity > t.severity OR (t.reminders < :most AND
            t.sent_at <= clock_timestamp() - make_interval(secs => :soonest) AND NOT EXISTS (
            SELECT FROM outbox u WHERE u.alert = f.alert AND u.channel = f.channel AND u.address = f.address
               AND u.kind = 'unshelved' AND u.created_at > clock_timestamp() - make_interval(secs => :soonest))))
     ORDER BY s.severity DESC, f.id"""
# A number once: two that look at the same moment queue the same message.
_INSERT = """
    INSERT INTO outbox (channel, address, zone, kind, alert, body, retells, retelling, severity)
    SELECT channel, address, zone, 'again', alert, body || CAST(:body AS jsonb), id, :retelling, :severity
      FROM outbox WHERE id = :first
    ON CONFLICT (retells, retelling) WHERE kind = 'again' DO NOTHING"""
