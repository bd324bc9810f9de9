"""When each device of a partition was last heard, for machines that ask for silence."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """One row a partition, replaced by each sweep of its owner."""
    op.execute(
        """
        CREATE TABLE partition_heard (
            topic           smallint NOT NULL REFERENCES topic,
            kafka_partition integer NOT NULL,
            next_offset     bigint NOT NULL,     -- all before it is in here
            watermark       bigint NOT NULL,     -- µs since 1970 UTC, as it was then
            resumed         bigint NOT NULL,     -- the partition as a whole was quiet before this event time
            heard           bytea NOT NULL,      -- (device int4, event time in µs int8, offset int8), little-endian
            PRIMARY KEY (topic, kafka_partition)
        ) WITH (fillfactor = 50);
        GRANT SELECT ON partition_heard
           TO faultline_grafana, faultline_api, faultline_trainer, faultline_alerts, faultline_consumer;
        GRANT INSERT, UPDATE ON partition_heard TO faultline_consumer;
        """
    )
