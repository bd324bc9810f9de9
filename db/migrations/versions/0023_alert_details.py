"""What a model says of an alert's reading, found after people were told of it."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """One row an alert that was looked into."""
    op.execute(
        """
        CREATE TABLE alert_details (
            alert      bigint PRIMARY KEY REFERENCES alert,
            facts      jsonb NOT NULL,   -- the sensors that pushed the prediction, or why nobody knows
            created_at timestamptz NOT NULL DEFAULT now()
        );
        GRANT SELECT ON alert_details TO faultline_grafana, faultline_alerts, faultline_api;
        GRANT INSERT ON alert_details TO faultline_alerts;
        """
    )
