"""Labels of the past: which readings an imported file calls faulty, in the name of the engineer who imported it."""

from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    """Like a report they speak of a device since a time; they are none, because nobody waited for an alert."""
    op.execute(
        """
        ALTER TABLE label DROP CONSTRAINT label_source_check,
                          ADD CONSTRAINT label_source_check
                              CHECK (source IN ('answer', 'report', 'question', 'import')),
                          DROP CONSTRAINT label_speaks_of,
                          ADD CONSTRAINT label_speaks_of CHECK (CASE
                              WHEN source IN ('report', 'import') THEN num_nulls(incident, alert, question) = 3
                                                                       AND num_nulls(device, since) = 0
                              WHEN source = 'question' THEN num_nulls(incident, alert) = 2 AND question IS NOT NULL
                              ELSE incident IS NOT NULL END);
        CREATE UNIQUE INDEX label_imported ON label (device, since) WHERE source = 'import';
        """
    )
