"""What the limit of dead letters remembers of each partition."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Both move with the offset, in the same compare-and-set: the limit is the same whatever the batches were."""
    op.execute("ALTER TABLE ingest_partition ADD COLUMN outcomes bytea NOT NULL DEFAULT ''")  # bits, the newest last
    op.execute("ALTER TABLE ingest_partition ADD COLUMN lenient_until bigint NOT NULL DEFAULT 0")  # before: not counted
