"""Questions: readings that raised no alert, asked about within a daily budget."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """A question keeps a copy of its reading, which may be dropped before the answer; its answer is a label."""
    op.execute(
        """
        ALTER TABLE operator ADD COLUMN questions_a_day smallint NOT NULL DEFAULT 10
                                 CHECK (questions_a_day BETWEEN 0 AND 100);
        ALTER TABLE question ADD COLUMN operator integer NOT NULL REFERENCES operator,
                             ADD COLUMN sensor text NOT NULL,
                             ADD COLUMN above boolean NOT NULL,
                             ADD COLUMN time timestamptz NOT NULL,
                             ADD COLUMN sensors float8[] NOT NULL,
                             ADD COLUMN class smallint NOT NULL,
                             ADD COLUMN score float8 NOT NULL,
                             ADD COLUMN model_version integer NOT NULL;
        CREATE INDEX question_operator ON question (operator, created_at);
        CREATE TABLE question_bookmark (
            topic           smallint NOT NULL REFERENCES topic,
            kafka_partition integer NOT NULL,
            next_offset     bigint NOT NULL,                  -- readings from here on may still be drawn
            created_at      timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (topic, kafka_partition)
        );
        ALTER TABLE outbox ADD COLUMN question bigint REFERENCES question;
        ALTER TABLE label ADD COLUMN question bigint REFERENCES question,
                          DROP CONSTRAINT label_source_check,
                          ADD CONSTRAINT label_source_check CHECK (source IN ('answer', 'report', 'question')),
                          DROP CONSTRAINT label_speaks_of,
                          ADD CONSTRAINT label_speaks_of CHECK (CASE source
                              WHEN 'report' THEN num_nulls(incident, alert, question) = 3
                                             AND num_nulls(device, since) = 0
                              WHEN 'question' THEN num_nulls(incident, alert) = 2 AND question IS NOT NULL
                              ELSE incident IS NOT NULL END);
        CREATE INDEX label_question ON label (question, id) WHERE question IS NOT NULL;
        CREATE OR REPLACE VIEW effective_label AS
        (SELECT DISTINCT ON (incident) * FROM label l
          WHERE incident IS NOT NULL AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
          ORDER BY incident, id DESC)
        UNION ALL
        SELECT * FROM label l
         WHERE source = 'report' AND incident IS NULL AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
        UNION ALL
        (SELECT DISTINCT ON (question) * FROM label l
          WHERE question IS NOT NULL AND incident IS NULL
            AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
          ORDER BY question, id DESC);
        GRANT SELECT ON question_bookmark TO faultline_grafana, faultline_alerts;
        GRANT INSERT ON question, question_bookmark TO faultline_alerts;
        GRANT UPDATE (next_offset) ON question_bookmark TO faultline_alerts;
        GRANT SELECT ON question TO faultline_api;
        """
    )
    op.execute("COMMENT ON COLUMN question.weight IS 'one over the probability that the reading was drawn'")
    op.execute("COMMENT ON COLUMN question.sensor IS 'that lies farthest out; of pool tail it is why we ask'")
    op.execute("COMMENT ON COLUMN operator.questions_a_day IS 'at most so many in any 24 hours; 0: none'")
