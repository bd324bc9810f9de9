"""Retraining that is asked for in a chat."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Where the answer goes; one request a reply."""
    op.execute(
        """
        ALTER TABLE training_request ADD COLUMN channel text, ADD COLUMN address text, ADD COLUMN zone text,
            ADD COLUMN reference text, ADD COLUMN inbox bigint UNIQUE REFERENCES inbox,
            ADD CONSTRAINT training_request_asked_in CHECK (num_nulls(channel, address, zone, inbox) IN (0, 4))"""
    )
    op.execute("COMMENT ON COLUMN training_request.channel IS 'of the chat that is told how it ended; NULL: of none'")
    op.execute("COMMENT ON COLUMN training_request.reference IS 'of the message that asked'")
