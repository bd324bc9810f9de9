"""What the page reads to show devices."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Where the newest readings are; the readings themselves it may read already."""
    op.execute("GRANT SELECT ON ingest_partition TO faultline_api")
