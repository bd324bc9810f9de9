"""Alerts that somebody asked for one by one."""

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Whoever explains alerts looks for those every second."""
    op.execute("CREATE INDEX outbox_shown ON outbox (created_at) WHERE kind = 'shown'")
