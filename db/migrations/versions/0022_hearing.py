"""Who hears of what, and when: quiet hours, and people who hear only of what nobody answered in time."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Everybody hears of everything at once, until somebody says otherwise."""
    op.execute(
        """
        ALTER TABLE operator ADD COLUMN quiet_from time, ADD COLUMN quiet_until time,
                             ADD CONSTRAINT operator_quiet_check
                                 CHECK ((quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until);
        COMMENT ON COLUMN operator.quiet_from IS
            'by the clock of their zone; until quiet_until only incidents of high severity are told';
        ALTER TABLE subscription ADD COLUMN after_s integer NOT NULL DEFAULT 0 CHECK (after_s >= 0);
        COMMENT ON COLUMN subscription.after_s IS 'seconds that nobody answers an alert before it is told there';
        ALTER TABLE outbox DROP CONSTRAINT outbox_state_check,
                           ADD CONSTRAINT outbox_state_check CHECK (state IN (
                               'pending', 'sending', 'sent', 'uncertain', 'dead', 'carried', 'shelved', 'kept',
                               'withheld'));
        CREATE INDEX outbox_kept ON outbox (alert) WHERE state = 'kept';
        CREATE VIEW operator_quiet AS
        SELECT o.id AS operator,
               coalesce(CASE WHEN o.quiet_from < o.quiet_until
                             THEN c.clock >= o.quiet_from AND c.clock < o.quiet_until
                             ELSE c.clock >= o.quiet_from OR c.clock < o.quiet_until END, false) AS quiet
          FROM operator o
          CROSS JOIN LATERAL (SELECT CAST(clock_timestamp() AT TIME ZONE o.zone AS time) AS clock) AS c
         WHERE o.removed_at IS NULL;
        COMMENT ON VIEW operator_quiet IS 'whether it is within their quiet hours now';
        CREATE VIEW outbox_hearing AS
        SELECT o.id AS message, i.closed_offset IS NOT NULL AS over,
               EXISTS (SELECT FROM effective_label l WHERE l.incident = i.id) AS answered,
               coalesce(bool_or(s.from_severity <= i.severity AND s.after_s = 0), false) AS concerned,
               coalesce(bool_or(s.from_severity <= i.severity AND (NOT q.quiet OR i.severity >= 3)
                        AND clock_timestamp() >= o.created_at + make_interval(secs => s.after_s)), false) AS now
          FROM outbox o JOIN alert a ON a.id = o.alert JOIN incident i ON i.id = a.incident
          LEFT JOIN subscription s ON s.channel = o.channel AND s.address = o.address
                                  AND (s.machine IS NULL OR s.machine = i.machine)
          LEFT JOIN operator_quiet q ON q.operator = s.operator
         WHERE o.kind IN ('alert', 'again', 'unshelved') AND o.state IN ('pending', 'kept')
         GROUP BY o.id, i.id;
        COMMENT ON VIEW outbox_hearing IS
            'now: heard of now; concerned: it would but for quiet hours; over, answered: its incident';
        GRANT SELECT ON operator_quiet, outbox_hearing TO faultline_alerts, faultline_grafana;
        """
    )
