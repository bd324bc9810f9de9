"""An engineer's answer settles what others dispute."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Everything that was said stays; an answer that settles comes before any that does not."""
    op.execute(
        """
        ALTER TABLE label ADD COLUMN settles boolean NOT NULL DEFAULT false;
        CREATE OR REPLACE VIEW effective_label AS
        (SELECT DISTINCT ON (incident) * FROM label l
          WHERE incident IS NOT NULL AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
          ORDER BY incident, settles DESC, id DESC)
        UNION ALL
        SELECT * FROM label l
         WHERE source = 'report' AND incident IS NULL AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
        UNION ALL
        (SELECT DISTINCT ON (question) * FROM label l
          WHERE question IS NOT NULL AND incident IS NULL
            AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
          ORDER BY question, id DESC);
        CREATE VIEW incident_said AS
        SELECT n.incident, count(DISTINCT n.verdict) > 1 AS disputed, bool_or(n.settles) AS settled,
               jsonb_agg(jsonb_build_object('label', n.id, 'operator', n.operator, 'by', p.name, 'verdict', n.verdict,
                                            'at', n.created_at, 'settles', n.settles) ORDER BY n.id) AS said
          FROM (SELECT DISTINCT ON (l.incident, l.operator) l.* FROM label l
                 WHERE l.incident IS NOT NULL AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
                 ORDER BY l.incident, l.operator, l.settles DESC, l.id DESC) n
          JOIN operator p ON p.id = n.operator GROUP BY n.incident;
        CREATE VIEW alert_answer AS
        SELECT a.id AS alert,
               jsonb_build_object('verdict', l.verdict, 'by', p.name, 'answered', l.created_at, 'comment', l.comment,
                                  'label', l.id, 'said', CASE WHEN s.disputed THEN s.said ELSE '[]' END) AS facts
          FROM alert a JOIN effective_label l ON l.incident = a.incident JOIN operator p ON p.id = l.operator
          JOIN incident_said s ON s.incident = a.incident;
        GRANT SELECT ON incident_said, alert_answer TO faultline_grafana, faultline_alerts, faultline_api;
        """
    )
    op.execute("COMMENT ON COLUMN label.settles IS 'an engineer gave it: it counts before whatever operators say'")
    op.execute("COMMENT ON VIEW incident_said IS 'said: what each person says by now, the latest last'")
    op.execute("COMMENT ON VIEW alert_answer IS 'the answer that counts, as messages tell it'")
