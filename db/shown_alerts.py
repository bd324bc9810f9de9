"""An operator's alerts as they stand now: core.shown.Alerts on Postgres."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Engine, Row, text

from core.shown import Answer, ShownAlert
from core.shown_devices import Course
from db.alert_courses import courses_of
from db.failures import failures_named


class PostgresShownAlerts:
    """Reads what the consumer found and what people said of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(
        self, operator: int, count: int, before: int | None = None, *, waiting: bool = False
    ) -> Sequence[ShownAlert]:
        """At most `count`, newest first, older than alert `before`; `waiting`: only those that nobody has answered."""
        arguments = {"operator": operator, "count": count, "before": before, "waiting": waiting}
        with failures_named(), self._engine.connect() as connection:
            return [_shown(row) for row in connection.execute(text(_SHOWN + _NEWEST), arguments)]

    def one(self, operator: int, alert: int) -> ShownAlert | None:
        """The one of this number; None where there is none for this operator."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_SHOWN + _ONE), {"operator": operator, "alert": alert}).one_or_none()
        return None if row is None else _shown(row)

    def courses(self, alerts: Sequence[int], count: int) -> Mapping[int, Course]:
        """By alert, its device's readings up to the end of its incident or up to now, at most `count`."""
        with failures_named(), self._engine.connect() as connection:
            return courses_of(connection, alerts, count)


def _shown(row: Row[tuple[object, ...]]) -> ShownAlert:
    facts = dict(row._mapping)
    said = {name: facts.pop(name) for name in _ANSWER}
    facts["answer"] = None if said["label"] is None else msgspec.convert(said, Answer)
    return msgspec.convert(facts, ShownAlert)


_ANSWER = ("label", "verdict", "defect", "value", "operator", "by", "at", "comment")
_SHOWN = """
    SELECT a.id AS alert, m.name AS machine, m.task, d.name AS device, i.kind, i.since_time AS since,
           i.closed_time AS until,
           greatest(i.peak, a.probability) AS probability, i.faults, a.standing_out, a.model_version,
           i.severity, a.reasons, a.advice, a.defects, a.predicted, coalesce(x.facts -> 'pushed', '[]') AS pushed,
           coalesce(x.facts ->> 'spoke_for', '') AS spoke_for,
           coalesce(s.said, '[]') AS said,
           l.id AS label, l.verdict, l.defect, l.value, l.operator, p.name AS by, l.created_at AS at, l.comment
      FROM alert a JOIN incident i ON i.id = a.incident JOIN machine m ON m.id = i.machine
      JOIN device d ON d.id = i.device
      LEFT JOIN LATERAL (SELECT * FROM effective_label e WHERE e.incident = i.id) l ON true
      LEFT JOIN LATERAL (SELECT * FROM incident_said e WHERE e.incident = i.id) s ON true
      LEFT JOIN operator p ON p.id = l.operator LEFT JOIN alert_details x ON x.alert = a.id
     WHERE EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = i.machine))"""
_NEWEST = """
       AND (CAST(:before AS bigint) IS NULL OR a.id < :before) AND (NOT :waiting OR l.id IS NULL)
     ORDER BY a.id DESC LIMIT :count"""
_ONE = " AND a.id = :alert"
