"""Incidents are told again: what each message told, and how an incident stands by now."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """A message that tells an alert again replies to its first one in the chat."""
    op.execute(
        """
        ALTER TABLE outbox ADD COLUMN retells bigint REFERENCES outbox,
                           ADD COLUMN retelling smallint,
                           ADD COLUMN severity smallint,
                           ADD COLUMN spoke_of timestamptz,
                           ADD CONSTRAINT outbox_again_check
                               CHECK ((retells IS NULL) = (retelling IS NULL));
        COMMENT ON COLUMN outbox.retells IS 'the first message of the alert in its chat, which this one tells again';
        COMMENT ON COLUMN outbox.retelling IS 'the how manieth of that first message';
        COMMENT ON COLUMN outbox.severity IS 'that it told people of, once it was sent';
        COMMENT ON COLUMN outbox.spoke_of IS 'the newest fault, by event time, that it told of';
        CREATE UNIQUE INDEX outbox_again ON outbox (retells, retelling) WHERE kind = 'again';
        CREATE VIEW incident_standing AS
        SELECT i.id AS incident, i.closed_offset IS NULL AS open, i.severity, i.peak, i.since_time AS since,
               CASE WHEN i.kind = 'silent' THEN greatest(p.watermark, i.last_time) ELSE i.last_time END AS last,
               EXISTS (SELECT FROM label l WHERE l.incident = i.id
                          AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)) AS answered
          FROM incident i
          LEFT JOIN ingest_partition p ON p.topic = i.topic AND p.kafka_partition = i.kafka_partition;
        COMMENT ON VIEW incident_standing IS
            'last: the newest fault, of a silence the event time that the others have reached';
        GRANT SELECT ON incident_standing TO faultline_grafana, faultline_alerts;
        """
    )
