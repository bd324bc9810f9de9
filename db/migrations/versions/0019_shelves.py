"""Shelves: alerts of a device that are held for a while."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """A device has one shelf at a time, made by one reply; a message that is held leaves its chat's queue."""
    op.execute(
        """
        ALTER TABLE shelf ADD COLUMN inbox bigint NOT NULL UNIQUE REFERENCES inbox,
                          ADD COLUMN ended_by integer REFERENCES operator;
        CREATE UNIQUE INDEX shelf_one ON shelf (device) WHERE ended_at IS NULL;
        ALTER TABLE outbox DROP CONSTRAINT outbox_state_check,
                           ADD CONSTRAINT outbox_state_check CHECK (state IN (
                               'pending', 'sending', 'sent', 'uncertain', 'dead', 'carried', 'shelved', 'withheld'));
        CREATE INDEX outbox_shelved ON outbox (alert) WHERE state = 'shelved';
        """
    )
    op.execute("COMMENT ON COLUMN shelf.ended_by IS 'NULL: its time was over'")
    op.execute("COMMENT ON COLUMN shelf.ended_at IS 'NULL: alerts of the device are held until then'")
