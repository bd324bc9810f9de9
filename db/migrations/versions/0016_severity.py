"""Incidents have a severity, which rises as they go on."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Those that are open get theirs with their next fault."""
    op.execute(
        """
        ALTER TABLE incident ADD COLUMN severity smallint NOT NULL DEFAULT 1 CHECK (severity BETWEEN 1 AND 3);
        ALTER TABLE device_state ADD COLUMN newest_time bigint;
        COMMENT ON COLUMN incident.severity IS '1 low, 2 medium, 3 high; never falls';
        COMMENT ON COLUMN device_state.newest_time IS 'the newest event time of a fault since since_time, in µs';
        """
    )
