"""Digests: many alerts that wait for one chat, told in one message, whose words are looked up when it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, text

from core.cause import Group, common_cause
from core.digest import SHOWN, Grouping, why_digest
from core.span import CARRIED


def gather(connection: Connection, head: Row[Any]) -> Row[Any]:
    """What is sent in place of a chat's next message: a digest where too many alerts wait, else the message itself.

    A digest that was surely not delivered yet takes along what has come since. Alerts that may have arrived stay
    messages of their own.
    """
    if head.channel == "console" or head.unclear:  # a terminal rings nobody
        return head
    if head.kind == "digest":
        _carry(connection, head.id, head)
    if head.kind not in ("alert", "again"):
        return head
    waiting = connection.execute(text(_WAITING), {"channel": head.channel, "address": head.address}).one()
    again, kept = head.kind == "again", bool(head.body.get("kept"))
    reason = why_digest(waiting.alerts, float(waiting.waited_s), again=again, kept=kept)
    if reason is Grouping.NONE:
        return head
    body = msgspec.json.encode({"reason": reason.value}).decode()
    digest = connection.execute(text(_INSERT), {"head": head.id, "body": body}).one()
    _carry(connection, digest.id, head)
    return digest


def digest_facts(connection: Connection, digest: int) -> Mapping[str, object]:
    """What the digest tells now: how many, since when, the worst with their answers."""
    facts = connection.execute(text(_SUMMARY), {"digest": digest}).mappings().one()
    worst = connection.execute(text(_WORST), {"digest": digest, "shown": SHOWN}).mappings().all()
    counted = {name: facts[name] for name in _COUNTED}
    return {**facts["body"], **counted, "worst": [dict(row) for row in worst], "cause": _cause(connection, digest)}


def carried(connection: Connection, digest: int) -> Sequence[int]:
    """The alerts that the digest tells of."""
    return connection.execute(text(_ALERTS), {"digest": digest}).scalars().all()


def _cause(connection: Connection, digest: int) -> Group | None:
    rows = connection.execute(text(_GROUPS), {"digest": digest}).mappings().all()
    if not rows:
        return None
    return common_cause([msgspec.convert(dict(row), Group) for row in rows], rows[0]["troubled"])


def _carry(connection: Connection, digest: int, head: Row[Any]) -> None:
    connection.execute(text(_CARRY), {"digest": digest, "channel": head.channel, "address": head.address})


_COUNTED = ("alerts", "devices", "answered", "since", "until", "titles", CARRIED)
_WAITING = """
    SELECT count(*) AS alerts, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) AS waited_s
      FROM outbox
     WHERE channel = :channel AND address = :address AND kind IN ('alert', 'again') AND state = 'pending'
       AND unclear = 0"""
_INSERT = """
    INSERT INTO outbox (channel, address, zone, kind, body, place)
    SELECT channel, address, zone, 'digest', CAST(:body AS jsonb), id FROM outbox WHERE id = :head
    RETURNING *, NULL AS edited_digest, NULL AS edited_state, NULL AS edited_reference"""
_CARRY = """
    UPDATE outbox SET state = 'carried', carried_by = :digest, error = NULL
     WHERE channel = :channel AND address = :address AND kind IN ('alert', 'again') AND state = 'pending'
       AND unclear = 0"""
# A group is a machine, or a place of one name in whichever machines' files. A device that had been silent for a day
# when the trouble began is gone rather than well: it does not count among those that there are.
_GROUPS = """
    WITH told AS (
        SELECT coalesce(body->>'kind', 'fault') AS kind, body->>'machine' AS machine, body->>'device' AS device,
               body->>'title' AS title, CAST(body->>'since' AS timestamptz) AS since
          FROM outbox WHERE carried_by = :digest AND num_nulls(body->>'machine', body->>'since') = 0),
    trouble AS (
        SELECT t.kind, d.id AS device, min(t.since) AS since
          FROM told t JOIN machine m ON m.name = t.machine JOIN device d ON d.machine = m.id AND d.name = t.device
         GROUP BY t.kind, d.id),
    gone AS (
        SELECT device FROM incident
         WHERE kind = 'silent' AND closed_offset IS NULL
           AND since_time < (SELECT min(since) FROM trouble) - interval '1 day'),
    member AS (
        SELECT 'machine ' || m.name AS shared, coalesce(max(nullif(t.title, '')), m.name) AS title, d.id AS device
          FROM machine m JOIN told t ON t.machine = m.name JOIN device d ON d.machine = m.id GROUP BY m.name, d.id
         UNION
        SELECT 'place ' || (place->>'name'), place->>'name', d.id
          FROM machine m CROSS JOIN jsonb_array_elements(m.places) AS place JOIN device d ON d.machine = m.id
         WHERE d.name LIKE ANY (ARRAY(SELECT jsonb_array_elements_text(place->'like')))),
    present AS (
        SELECT shared, count(*) AS devices FROM member WHERE device NOT IN (SELECT device FROM gone) GROUP BY shared)
    SELECT t.kind, m.title, count(*) AS devices, p.devices AS of,
           CAST(extract(epoch FROM max(t.since) - min(t.since)) AS float8) AS within,
           (SELECT count(*) FROM trouble) AS troubled
      FROM trouble t JOIN member m ON m.device = t.device JOIN present p ON p.shared = m.shared
     GROUP BY m.shared, m.title, p.devices, t.kind"""
_ALERTS = "SELECT DISTINCT alert FROM outbox WHERE carried_by = :digest ORDER BY alert"
_SUMMARY = """
    SELECT (SELECT body FROM outbox WHERE id = :digest) AS body, count(DISTINCT o.alert) AS alerts,
           count(DISTINCT (o.body->>'machine', o.body->>'device')) AS devices, count(DISTINCT l.id) AS answered,
           min(CAST(o.body->>'since' AS timestamptz)) AS since, max(CAST(o.body->>'since' AS timestamptz)) AS until,
           array_agg(DISTINCT coalesce(nullif(o.body->>'title', ''), o.body->>'machine')) AS titles,
           coalesce(jsonb_object_agg(o.alert, o.body->>'traceparent')
                    FILTER (WHERE o.kind = 'alert' AND o.body->>'traceparent' IS NOT NULL), '{}') AS traceparents
      FROM outbox o JOIN alert a ON a.id = o.alert LEFT JOIN effective_label l ON l.incident = a.incident
     WHERE o.carried_by = :digest"""
_WORST = """
    SELECT o.alert, o.body->>'device' AS device, CAST(o.body->>'since' AS timestamptz) AS since,
           coalesce(o.body->>'kind', 'fault') AS kind, a.probability,
           i.severity, l.verdict, coalesce(p.name, '') AS by
      FROM (SELECT DISTINCT ON (alert) * FROM outbox WHERE carried_by = :digest ORDER BY alert, id) AS o
      JOIN alert a ON a.id = o.alert JOIN incident i ON i.id = a.incident
      LEFT JOIN effective_label l ON l.incident = a.incident LEFT JOIN operator p ON p.id = l.operator
     ORDER BY i.severity DESC, a.probability DESC, o.alert LIMIT :shown"""
