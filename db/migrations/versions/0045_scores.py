"""A schema of its own for the scores of files, and a role that can do nothing but make tables there."""

from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Scores can be made again: a backup leaves the schema out, and a restore leaves it as it is."""
    op.execute(
        """
        DO $$ BEGIN
            CREATE ROLE faultline_scores NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- roles belong to the cluster
        END $$;
        GRANT faultline_scores TO CURRENT_USER;
        GRANT USAGE ON SCHEMA public TO faultline_scores;
        GRANT SELECT ON alembic_version TO faultline_scores;
        CREATE SCHEMA IF NOT EXISTS scores;
        GRANT USAGE, CREATE ON SCHEMA scores TO faultline_scores;
        GRANT USAGE ON SCHEMA scores TO faultline_grafana, faultline_dashboards;
        ALTER DEFAULT PRIVILEGES FOR ROLE faultline_scores IN SCHEMA scores
            GRANT SELECT ON TABLES TO faultline_grafana, faultline_dashboards;
        """
    )
    op.execute("COMMENT ON SCHEMA scores IS 'of files, by ./run score --out postgres:NAME; each run replaces its own'")
