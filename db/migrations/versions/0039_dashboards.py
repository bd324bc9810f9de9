"""Grafana reads what its dashboards show, and no words of anybody."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """A role of its own: the read-only one sees comments, chats and messages, and browsers reach Grafana."""
    op.execute(
        """
        DO $$ BEGIN
            CREATE ROLE faultline_dashboards NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- roles belong to the cluster
        END $$;
        GRANT faultline_dashboards TO CURRENT_USER;
        GRANT USAGE ON SCHEMA public TO faultline_dashboards;
        GRANT SELECT ON alembic_version, machine, topic, device, reading, ingest_partition, incident, champion,
            promotion, model_load TO faultline_dashboards;
        GRANT SELECT (incident, verdict, created_at) ON effective_label TO faultline_dashboards;
        GRANT SELECT (id, incident, probability, model_version, created_at) ON alert TO faultline_dashboards;
        GRANT SELECT (machine, number, algorithm, threshold, metrics, created_by, created_at)
            ON model_version TO faultline_dashboards;
        """
    )
