"""What retention dropped, so that every reading stays accounted for."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Of each partition: readings that are stored = rows in `reading` + what was dropped."""
    op.execute(
        """
        CREATE TABLE dropped_reading (
            topic           smallint NOT NULL,
            kafka_partition integer NOT NULL,
            day             date NOT NULL,                -- of ingest, UTC
            readings        bigint NOT NULL,
            dropped_at      timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (topic, kafka_partition, day, dropped_at)
        )"""
    )
    op.execute("GRANT SELECT ON dropped_reading TO faultline_grafana, faultline_api, faultline_trainer")
