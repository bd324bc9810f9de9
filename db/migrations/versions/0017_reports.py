"""Reports: people label readings that raised no alert."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """A label speaks of an incident, or of a device since a time; each report counts until it is taken back."""
    op.execute(
        """
        ALTER TABLE label ADD COLUMN source text NOT NULL DEFAULT 'answer' CHECK (source IN ('answer', 'report')),
                          ADD COLUMN device integer REFERENCES device,
                          ADD COLUMN since timestamptz,
                          ADD CONSTRAINT label_speaks_of CHECK (CASE source
                              WHEN 'report' THEN num_nulls(incident, alert) = 2 AND num_nulls(device, since) = 0
                              ELSE incident IS NOT NULL END);
        CREATE INDEX label_device ON label (device) WHERE device IS NOT NULL;
        CREATE INDEX label_operator ON label (operator, id);
        CREATE OR REPLACE VIEW effective_label AS
        (SELECT DISTINCT ON (incident) * FROM label l
          WHERE incident IS NOT NULL AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
          ORDER BY incident, id DESC)
        UNION ALL
        SELECT * FROM label l
         WHERE incident IS NULL AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id);
        """
    )
    op.execute("COMMENT ON COLUMN label.since IS 'of a report: when the fault began, as its sender says'")
