"""A version can be taken out of service after it was loaded."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Another outcome for model_load: `withdrawn`, loaded well, then found to hang or to crash on readings."""
    op.execute("ALTER TABLE model_load DROP CONSTRAINT model_load_outcome_check")
    op.execute(
        "ALTER TABLE model_load ADD CONSTRAINT model_load_outcome_check"
        " CHECK (outcome IN ('loaded', 'refused', 'withdrawn'))"
    )
