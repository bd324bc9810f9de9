"""What a shift hands over to the next one: of the machines that an operator follows."""

from datetime import timedelta

from sqlalchemy import Connection, text

from db.shelves import shelved_now

_LISTED = 10
_DISPUTES = 5
_SHELVED = 5


def handed_over(connection: Connection, operator: int, lasting: timedelta) -> dict[str, object]:
    """What is open, shelved, disputed and unanswered now, and what was raised and said since the shift began."""
    arguments = {"operator": operator, "lasting": lasting}
    counts = connection.execute(text(_FOLLOWED + _COUNTS), arguments).mappings().one()
    now_open = connection.execute(text(_FOLLOWED + _OPEN), {**arguments, "count": _LISTED}).mappings().all()
    disputed = connection.execute(text(_FOLLOWED + _DISPUTED), {**arguments, "count": _DISPUTES}).mappings().all()
    return {
        **counts,
        "now_open": [dict(row) for row in now_open],
        "disputed": [dict(row) for row in disputed],
        "shelved": shelved_now(connection, operator, _SHELVED),
    }


_FOLLOWED = """
    WITH told AS (
        SELECT a.id AS alert, a.created_at, a.probability, i.id, i.kind, i.severity, i.peak, i.since_time AS since,
               i.closed_offset IS NULL AS is_open, d.name AS device
          FROM alert a JOIN incident i ON i.id = a.incident JOIN device d ON d.id = i.device
         WHERE (i.closed_offset IS NULL OR a.created_at >= now() - :lasting
                OR NOT EXISTS (SELECT FROM effective_label l WHERE l.incident = i.id))
           AND EXISTS (SELECT FROM subscription s
                        WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = i.machine)))"""
_COUNTS = """
    SELECT now() - :lasting AS since, count(*) FILTER (WHERE t.created_at >= now() - :lasting) AS raised,
           count(*) FILTER (WHERE t.is_open) AS open, count(*) FILTER (WHERE l.id IS NULL) AS unanswered,
           min(t.created_at) FILTER (WHERE l.id IS NULL) AS unanswered_since,
           (SELECT count(*) FROM label r WHERE r.source = 'report' AND r.created_at >= now() - :lasting
               AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = r.id)
               AND EXISTS (SELECT FROM subscription s
                            WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = r.machine))) AS reported
      FROM told t LEFT JOIN effective_label l ON l.incident = t.id"""
_OPEN = """
    SELECT t.alert, t.device, t.kind, t.since, greatest(t.peak, t.probability) AS probability, t.severity,
           l.verdict, coalesce(p.name, '') AS by
      FROM told t LEFT JOIN effective_label l ON l.incident = t.id LEFT JOIN operator p ON p.id = l.operator
     WHERE t.is_open ORDER BY t.severity DESC, probability DESC, t.alert LIMIT :count"""
# Each person's newest verdict counts, though the last of all is the label's.
_DISPUTED = """
    SELECT t.alert, t.device, array_agg(p.name ORDER BY n.id) AS by, array_agg(n.verdict ORDER BY n.id) AS verdicts
      FROM told t
      JOIN LATERAL (SELECT DISTINCT ON (l.operator) l.id, l.operator, l.verdict, l.settles FROM label l
                     WHERE l.incident = t.id AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
                     ORDER BY l.operator, l.id DESC) n ON true
      JOIN operator p ON p.id = n.operator
     GROUP BY t.alert, t.device HAVING count(DISTINCT n.verdict) > 1 AND NOT bool_or(n.settles)
     ORDER BY t.alert DESC LIMIT :count"""
