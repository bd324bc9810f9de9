"""History that was imported: a topic of its own for each machine, and which reading of a device is there already."""

from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """No consumer reads such a topic: it is history from its first reading on."""
    op.execute(
        """
        ALTER TABLE topic ADD COLUMN imported boolean NOT NULL DEFAULT false,
                          ADD CONSTRAINT topic_imported_is_history CHECK (NOT imported OR retired_at IS NOT NULL);
        CREATE UNIQUE INDEX topic_imported ON topic (machine) WHERE imported;
        CREATE TABLE imported_reading (
            device       integer NOT NULL,
            time         timestamptz NOT NULL,
            kafka_offset bigint NOT NULL,                     -- in the machine's imported topic
            PRIMARY KEY (device, time)
        );
        """
    )
    op.execute("COMMENT ON COLUMN topic.imported IS 'of ./run import: its offsets count what was stored, not Kafka''s'")
    op.execute(
        "COMMENT ON TABLE imported_reading IS 'a device has one imported reading a time, whatever file it was in'"
    )
