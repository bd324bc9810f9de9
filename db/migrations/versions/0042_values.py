"""Machines whose models predict a value: the value of each reading, of each alert, and what people measured."""

from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Readings of other machines have no row in reading_value, and cost nothing."""
    op.execute(
        """
        CREATE TABLE reading_value (
            topic           smallint NOT NULL,
            kafka_partition integer NOT NULL,
            kafka_offset    bigint NOT NULL,
            value           float8 NOT NULL,
            PRIMARY KEY (topic, kafka_partition, kafka_offset)
        );
        GRANT INSERT ON reading_value TO faultline_consumer;
        GRANT SELECT ON reading_value TO faultline_consumer, faultline_alerts, faultline_trainer, faultline_api,
            faultline_grafana;
        ALTER TABLE alert ADD COLUMN predicted jsonb;
        ALTER TABLE machine ADD COLUMN limits float8[] NOT NULL DEFAULT '{}';
        ALTER TABLE label ADD COLUMN value float8;
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
        CREATE OR REPLACE VIEW teaching_label AS
        SELECT DISTINCT ON (incident, question, CASE WHEN num_nulls(incident, question) = 2 THEN id END) * FROM label l
         WHERE NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
           AND NOT EXISTS (SELECT FROM held_label h WHERE h.label = l.id AND h.decision = 'refused')
         ORDER BY incident, question, CASE WHEN num_nulls(incident, question) = 2 THEN id END,
                  (incident IS NOT NULL AND settles) DESC, id DESC;
        CREATE OR REPLACE VIEW incident_said AS
        SELECT n.incident,
               count(DISTINCT n.verdict) > 1 OR count(DISTINCT nullif(n.defect, '')) > 1 AS disputed,
               bool_or(n.settles) AS settled,
               jsonb_agg(jsonb_build_object('label', n.id, 'operator', n.operator, 'by', p.name, 'verdict', n.verdict,
                                            'at', n.created_at, 'settles', n.settles, 'defect', n.defect,
                                            'value', n.value)
                         ORDER BY n.id) AS said
          FROM (SELECT DISTINCT ON (l.incident, l.operator) l.* FROM label l
                 WHERE l.incident IS NOT NULL AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
                 ORDER BY l.incident, l.operator, l.settles DESC, l.id DESC) n
          JOIN operator p ON p.id = n.operator GROUP BY n.incident;
        CREATE OR REPLACE VIEW alert_answer AS
        SELECT a.id AS alert,
               jsonb_build_object('verdict', l.verdict, 'by', p.name, 'answered', l.created_at, 'comment', l.comment,
                                  'label', l.id, 'said', CASE WHEN s.disputed THEN s.said ELSE '[]' END,
                                  'defect', l.defect, 'value', l.value) AS facts
          FROM alert a JOIN effective_label l ON l.incident = a.incident JOIN operator p ON p.id = l.operator
          JOIN incident_said s ON s.incident = a.incident;
        """
    )
    op.execute("COMMENT ON TABLE reading_value IS 'what was predicted of each scored reading, of task regression'")
    op.execute("COMMENT ON COLUMN alert.predicted IS 'of its reading, as core.target.PredictedValue; NULL: no value'")
    op.execute("COMMENT ON COLUMN machine.limits IS 'of task regression: low and high, of which one may be NULL'")
    op.execute("COMMENT ON COLUMN label.value IS 'that the person measured; NULL: none'")
