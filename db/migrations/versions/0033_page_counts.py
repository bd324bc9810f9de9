"""What the page reads to tell Prometheus how things are: columns that are counted, and no words of anybody."""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Of updates when they came and what became of them; of model loads how they ended."""
    op.execute(
        """
        GRANT SELECT (received_at, outcome) ON inbox TO faultline_api;
        GRANT SELECT (id, machine, number, outcome, at) ON model_load TO faultline_api;
        """
    )
