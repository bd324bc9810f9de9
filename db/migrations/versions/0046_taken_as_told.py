"""When a restore took an alert as told: who does not answer is reminded of it, as of any other."""

from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Of what was withheld before this, nobody knows whether a restore did it: that stays as it is."""
    op.execute("ALTER TABLE outbox ADD COLUMN taken_as_told timestamptz")
    op.execute("COMMENT ON COLUMN outbox.taken_as_told IS 'withheld by a restore then, as people may have heard it'")
