"""Engineers decide about held labels on the page."""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """A decision is all that it may add: what is held is the trainer's business."""
    op.execute("GRANT INSERT ON label_hold_decision TO faultline_api")
