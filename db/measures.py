"""What all processes brought about together, as numbers: read when somebody asks how things are."""

from collections.abc import Mapping

from sqlalchemy import Engine, text

from db.failures import failures_named

Measure = Mapping[tuple[str, ...], float]
"""By what it is of: a machine, a state; `()` where it is of the whole."""

_LIMIT = "SET LOCAL statement_timeout = 5000"
"""Milliseconds: whoever asks how things are must not be what makes them slow."""


class PostgresMeasures:
    """Counts, under a role that may count."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> Mapping[str, Measure]:
        """Every measure by its name, in the words of `MEASURES`. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            connection.execute(text(_LIMIT))
            return {name: _measure(connection.execute(text(query)).all()) for name, query in MEASURES.items()}


def _measure(rows: object) -> Measure:
    assert isinstance(rows, list)
    return {tuple(map(str, of)): float(value) for *of, value in rows}


# The last column is the value, those before it say of what. A week or a month of rows, or few rows by nature.
MEASURES = {
    "incidents_total": """
        SELECT m.name, i.kind, count(*) FROM incident i JOIN machine m ON m.id = i.machine GROUP BY 1, 2""",
    "incidents_open": """
        SELECT m.name, k.kind, count(i.id)
          FROM machine m CROSS JOIN (VALUES ('fault'), ('sensor'), ('silent')) AS k (kind)
          LEFT JOIN incident i ON i.machine = m.id AND i.kind = k.kind AND i.closed_offset IS NULL GROUP BY 1, 2""",
    "alerts_total": """
        SELECT m.name, i.kind, count(*) FROM alert a JOIN incident i ON i.id = a.incident
          JOIN machine m ON m.id = i.machine GROUP BY 1, 2""",
    "alerts_unanswered": """
        SELECT m.name, count(a.id) FROM machine m LEFT JOIN incident i ON i.machine = m.id
          LEFT JOIN alert a ON a.incident = i.id AND a.created_at > now() - interval '7 days' AND NOT EXISTS (
               SELECT FROM label l WHERE l.incident = i.id AND NOT EXISTS (
                   SELECT FROM label_undo u WHERE u.label = l.id)) GROUP BY 1""",
    "time_to_answer_seconds": """
        WITH first AS (
            SELECT i.machine, CAST(extract(epoch FROM min(l.created_at) - a.created_at) AS float8) AS waited
              FROM alert a JOIN incident i ON i.id = a.incident JOIN label l ON l.incident = i.id
             WHERE l.created_at > now() - interval '7 days' GROUP BY i.machine, a.id)
        SELECT m.name, q.quantile, percentile_cont(CAST(q.quantile AS float8)) WITHIN GROUP (ORDER BY f.waited)
          FROM first f JOIN machine m ON m.id = f.machine CROSS JOIN (VALUES ('0.5'), ('0.9')) AS q (quantile)
         GROUP BY 1, 2""",
    "labels_total": """
        SELECT m.name, l.verdict, count(*) FROM label l JOIN machine m ON m.id = l.machine GROUP BY 1, 2""",
    "false_alarm_share": """
        SELECT m.name, avg(CASE l.verdict WHEN 'false_alarm' THEN 1.0 ELSE 0.0 END)
          FROM alert a JOIN incident i ON i.id = a.incident JOIN machine m ON m.id = i.machine
          JOIN effective_label l ON l.incident = i.id AND l.verdict IN ('fault', 'false_alarm')
         WHERE a.created_at > now() - interval '30 days' GROUP BY 1""",
    "outbox_messages": """
        SELECT s.state, count(o.id)
          FROM (VALUES ('pending'), ('sending'), ('uncertain'), ('sent'), ('dead')) AS s (state)
          LEFT JOIN outbox o ON o.state = s.state
                AND (o.state IN ('pending', 'sending', 'uncertain') OR o.created_at > now() - interval '1 day')
         GROUP BY 1""",
    # Details wait behind all else, and nobody has to have them: as in db.waiting.
    "outbox_age_seconds": """
        SELECT coalesce(CAST(extract(epoch FROM clock_timestamp() - min(created_at)) AS float8), 0)
          FROM outbox WHERE state IN ('pending', 'sending', 'uncertain') AND kind NOT IN ('explained', 'chart')""",
    "inbox_updates_total": "SELECT outcome, count(*) FROM inbox GROUP BY 1",
    "inbox_timestamp_seconds": """
        SELECT CAST(extract(epoch FROM max(received_at)) AS float8) FROM inbox HAVING count(*) > 0""",
    "partitions_halted": """
        SELECT t.name, count(*) FILTER (WHERE p.halt IS NOT NULL)
          FROM ingest_partition p JOIN topic t ON t.id = p.topic WHERE t.retired_at IS NULL GROUP BY 1""",
    "champion_version": "SELECT m.name, c.number FROM champion c JOIN machine m ON m.id = c.machine",
    "champion_timestamp_seconds": """
        SELECT m.name, CAST(extract(epoch FROM c.at) AS float8) FROM champion c JOIN machine m ON m.id = c.machine""",
    "champion_refused": """
        SELECT m.name, CASE WHEN coalesce(l.outcome, 'loaded') = 'loaded' THEN 0 ELSE 1 END
          FROM champion c JOIN machine m ON m.id = c.machine LEFT JOIN LATERAL (
               SELECT outcome FROM model_load WHERE machine = c.machine AND number = c.number AND at >= c.at
                ORDER BY id DESC LIMIT 1) l ON true""",
    "drift_psi": """
        SELECT m.name, w.sensor, CAST(w.measures ->> 'psi' AS float8) FROM drift_window w
          JOIN champion c ON c.machine = w.machine AND c.number = w.number JOIN machine m ON m.id = w.machine
         WHERE w.sensor <> '' AND w.measures ->> 'psi' IS NOT NULL
           AND w.until = (
               SELECT max(l.until) FROM drift_window l WHERE l.machine = w.machine AND l.number = w.number)""",
    "drifting": """
        SELECT m.name, w.sensor, CASE WHEN w.told AND w.words <> '' THEN 1 ELSE 0 END FROM drift_window w
          JOIN champion c ON c.machine = w.machine AND c.number = w.number JOIN machine m ON m.id = w.machine
         WHERE w.until = (
               SELECT max(l.until) FROM drift_window l WHERE l.machine = w.machine AND l.number = w.number)""",
    "training_requests": """
        SELECT m.name, r.state, count(*) FROM training_request r JOIN machine m ON m.id = r.machine GROUP BY 1, 2""",
    # As a trainer looks for requests: db.training.
    "training_wait_seconds": """
        SELECT m.name,
               coalesce(max(CAST(extract(epoch FROM now() - greatest(r.created_at, r.lease_until)) AS float8)), 0)
          FROM machine m LEFT JOIN training_request r ON r.machine = m.id
           AND ((r.state = 'running' AND r.lease_until < now())
                OR (r.state = 'pending' AND coalesce(r.lease_until, now()) <= now() AND NOT EXISTS (
                    SELECT FROM training_request o WHERE o.machine = r.machine AND o.state = 'running')))
         GROUP BY 1""",
}
