"""What of Prometheus' rules rings: so that engineers hear of each once as it begins and once as it ends."""

from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """A row for each set of labels that ever rang: as many as there are rules, machines and partitions."""
    op.execute(
        """
        CREATE TABLE rule_alert (
            labels      text PRIMARY KEY,         -- JSON, sorted by name
            rings_until timestamptz NOT NULL      -- unless it is said again; in the past: it is over
        );
        GRANT SELECT ON rule_alert TO faultline_grafana;
        GRANT SELECT, INSERT, UPDATE ON rule_alert TO faultline_api;
        """
    )
