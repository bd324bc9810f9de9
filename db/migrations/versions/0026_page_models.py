"""What the page reads of models, and that engineers ask for new ones there."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """A request is all that it may write: what is trained and promoted is the trainer's business."""
    op.execute(
        """
        GRANT SELECT ON model_version, promotion, champion, training_request TO faultline_api;
        GRANT INSERT (machine, asked_by, via, options) ON training_request TO faultline_api;
        """
    )
