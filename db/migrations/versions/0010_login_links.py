"""The page: login links, and the least that it needs of everything else."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """A link is a row until it is used or over; the page's role loses what it was given in advance."""
    op.execute(
        """
        CREATE TABLE login_link (
            sha256     bytea PRIMARY KEY,        -- of the token in the link, which is kept nowhere
            operator   integer NOT NULL REFERENCES operator,
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            used_at    timestamptz               -- a link opens one session
        );
        CREATE INDEX login_session_operator ON login_session (operator);

        REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM faultline_api;
        GRANT SELECT ON alembic_version, operator, login_link, login_session TO faultline_api;
        GRANT UPDATE (used_at) ON login_link TO faultline_api;
        GRANT INSERT, DELETE ON login_session TO faultline_api;
        GRANT INSERT ON audit TO faultline_api;
        -- Who may add operators may let them in; reading links or sessions is another matter.
        GRANT INSERT ON login_link TO faultline_alerts;
        """
    )
