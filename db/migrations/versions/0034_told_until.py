"""How far of a log people have heard already: after a restore, what is read again does not ring again."""

from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Of an incident that opened below this offset no message goes out."""
    op.execute("ALTER TABLE ingest_partition ADD COLUMN told_until bigint NOT NULL DEFAULT 0")
