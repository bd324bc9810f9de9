"""Versions in the shadow: who put which one there, and when it left."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """One a machine at a time. Scores stand in shadow_score as long as their readings do."""
    op.execute(
        """
        CREATE TABLE shadow (
            id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            machine    smallint NOT NULL REFERENCES machine,
            number     integer NOT NULL,
            asked_by   text NOT NULL,
            since      timestamptz NOT NULL DEFAULT now(),
            until      timestamptz,                 -- NULL: it goes on
            FOREIGN KEY (machine, number) REFERENCES model_version
        );
        CREATE UNIQUE INDEX shadow_one_at_a_time ON shadow (machine) WHERE until IS NULL;
        GRANT SELECT ON shadow TO faultline_consumer, faultline_trainer, faultline_grafana, faultline_api;
        GRANT SELECT ON shadow_score TO faultline_trainer, faultline_grafana, faultline_api;
        GRANT SELECT ON labelled_reading, effective_label TO faultline_api;
        GRANT INSERT (machine, number, asked_by) ON shadow TO faultline_trainer;
        GRANT UPDATE (until) ON shadow TO faultline_trainer;
        """
    )
