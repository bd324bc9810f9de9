"""Subscriptions by severity."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Whoever subscribed before goes on hearing of every incident."""
    op.execute(
        "ALTER TABLE subscription ADD COLUMN from_severity smallint DEFAULT 1 CHECK (from_severity BETWEEN 1 AND 3)"
    )
    op.execute(
        "COMMENT ON COLUMN subscription.from_severity IS"
        " 'the least severity that is told; NULL: no alerts, only what engineers are told of Faultline itself'"
    )
    op.execute("CREATE TABLE outbox_alarm (told_at timestamptz)")
    op.execute("COMMENT ON TABLE outbox_alarm IS 'one row: when engineers were told, past the outbox, that it waits'")
    op.execute("INSERT INTO outbox_alarm DEFAULT VALUES")
    op.execute("GRANT SELECT, UPDATE ON outbox_alarm TO faultline_consumer")
    op.execute("GRANT SELECT ON outbox_alarm TO faultline_grafana")
