"""Unusual labels are held until an engineer looked at them."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Append-only, as labels are: a hold, the labels under it, and what an engineer decided."""
    op.execute(
        """
        CREATE TABLE label_hold (
            id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            machine    smallint NOT NULL REFERENCES machine,
            operator   integer NOT NULL REFERENCES operator,
            pattern    text NOT NULL CHECK (pattern IN ('overturns', 'turns', 'burst')),
            reason     text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE TABLE label_held (
            label      bigint PRIMARY KEY REFERENCES label,   -- a label is held once: what was decided stays decided
            hold       bigint NOT NULL REFERENCES label_hold,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX label_held_hold ON label_held (hold);
        CREATE TABLE label_hold_decision (
            hold       bigint PRIMARY KEY REFERENCES label_hold,
            decision   text NOT NULL CHECK (decision IN ('released', 'refused')),
            engineer   integer NOT NULL REFERENCES operator,
            why        text NOT NULL CHECK (why <> ''),
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE VIEW held_label AS
        SELECT h.label, h.hold, d.decision FROM label_held h LEFT JOIN label_hold_decision d ON d.hold = h.hold
         WHERE d.decision IS DISTINCT FROM 'released';
        CREATE VIEW teaching_label AS
        SELECT DISTINCT ON (incident, question, CASE WHEN num_nulls(incident, question) = 2 THEN id END) * FROM label l
         WHERE NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
           AND NOT EXISTS (SELECT FROM held_label h WHERE h.label = l.id AND h.decision = 'refused')
         ORDER BY incident, question, CASE WHEN num_nulls(incident, question) = 2 THEN id END,
                  (incident IS NOT NULL AND settles) DESC, id DESC;
        GRANT SELECT ON label_hold, label_held, label_hold_decision, held_label, teaching_label
           TO faultline_grafana, faultline_trainer, faultline_api;
        GRANT INSERT ON label_hold, label_held, label_hold_decision TO faultline_trainer;
        """
    )
    op.execute("COMMENT ON VIEW teaching_label IS 'as effective_label, where what an engineer refused was never said'")
    op.execute("COMMENT ON VIEW held_label IS 'labels that teach nothing: an engineer did not look yet, or refused'")
