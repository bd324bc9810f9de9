"""Places: what devices share, so that a digest can name a whole line or site."""

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """As the machine's file says: [{"name": …, "like": [patterns of device names]}]."""
    op.execute("ALTER TABLE machine ADD places jsonb NOT NULL DEFAULT '[]'")
