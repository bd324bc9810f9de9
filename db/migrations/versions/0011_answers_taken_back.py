"""An answer can be taken back: its label stays, and counts no longer."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Append-only, as labels are: a label is taken back once, and by a reply."""
    op.execute(
        """
        CREATE TABLE label_undo (
            label      bigint PRIMARY KEY REFERENCES label,
            operator   integer NOT NULL REFERENCES operator,
            inbox      bigint NOT NULL UNIQUE REFERENCES inbox,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE OR REPLACE VIEW effective_label AS
        SELECT DISTINCT ON (incident) * FROM label l
         WHERE incident IS NOT NULL AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
         ORDER BY incident, id DESC;
        GRANT SELECT ON label_undo TO faultline_grafana, faultline_trainer, faultline_alerts, faultline_consumer;
        GRANT INSERT ON label_undo TO faultline_alerts;
        """
    )
