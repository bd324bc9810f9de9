"""Words about an incident that are no verdict."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Append-only, as labels are."""
    op.execute(
        """
        CREATE TABLE comment (
            id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            incident   bigint NOT NULL REFERENCES incident,
            operator   integer NOT NULL REFERENCES operator,
            words      text NOT NULL,
            inbox      bigint NOT NULL UNIQUE REFERENCES inbox,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX comment_incident ON comment (incident, id);
        GRANT SELECT ON comment
           TO faultline_grafana, faultline_trainer, faultline_alerts, faultline_consumer, faultline_api;
        GRANT INSERT ON comment TO faultline_alerts;
        """
    )
