"""Incidents of sensors that cannot be right."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """What is remembered of such devices, and what their alerts say."""
    op.execute(
        """
        CREATE TABLE sensor_state (LIKE device_state INCLUDING ALL, windows jsonb NOT NULL);
        ALTER TABLE sensor_state ADD FOREIGN KEY (device) REFERENCES device;
        ALTER TABLE alert ADD COLUMN reasons text[] NOT NULL DEFAULT '{}',
                          ADD COLUMN advice text NOT NULL DEFAULT '';
        COMMENT ON TABLE sensor_state IS 'as device_state, of readings with a sensor that cannot be right';
        COMMENT ON COLUMN sensor_state.windows IS '[sensor, quality flag, bits of the last n readings]';
        COMMENT ON COLUMN alert.reasons IS 'what was seen, where no model found it';
        COMMENT ON COLUMN alert.advice IS 'what to do; empty: what the machine''s file says';
        GRANT SELECT ON sensor_state TO faultline_grafana;
        GRANT SELECT, INSERT, UPDATE, DELETE ON sensor_state TO faultline_consumer;
        """
    )
