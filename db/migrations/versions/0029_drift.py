"""Drift: looks at how far readings moved away from what the champion learnt from."""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """One row a look and sensor; the alarms' share stands under the empty name."""
    op.execute(
        """
        ALTER TABLE drift_window ADD COLUMN words text NOT NULL DEFAULT '',
                                 ADD COLUMN told boolean NOT NULL DEFAULT false;
        CREATE INDEX drift_window_latest ON drift_window (machine, number, sensor, until DESC);
        GRANT DELETE ON drift_window TO faultline_trainer;
        GRANT SELECT ON drift_window TO faultline_api, faultline_grafana, faultline_trainer;
        """
    )
    op.execute("COMMENT ON COLUMN drift_window.until IS 'when somebody looked'")
    op.execute("COMMENT ON COLUMN drift_window.words IS 'what is past its limit; empty: nothing'")
    op.execute("COMMENT ON COLUMN drift_window.told IS 'engineers have heard of it since it went past its limit'")
