"""What is told of each training, beside the HTML in the bucket."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """The page's process has no key of the bucket: it draws the same report from these facts."""
    op.execute(
        """
        CREATE TABLE training_report (
            machine    smallint NOT NULL REFERENCES machine,
            sha256     text NOT NULL,            -- of the HTML
            key        text NOT NULL,            -- of the HTML in the bucket
            number     integer,                  -- of the version that the training made; NULL: a dry run
            facts      jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (machine, sha256),
            FOREIGN KEY (machine, number) REFERENCES model_version
        );
        CREATE INDEX training_report_of ON training_report (machine, number);
        GRANT SELECT ON training_report TO faultline_api, faultline_trainer, faultline_grafana;
        GRANT INSERT ON training_report TO faultline_trainer;
        """
    )
