"""Engineers move the champion on the page: a wish, which a trainer carries out."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """The page wishes and the trainer, who can verify a model, promotes; nobody else may."""
    op.execute(
        """
        CREATE TABLE champion_move (
            id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            machine     smallint NOT NULL REFERENCES machine,
            number      integer NOT NULL,
            instead_of  integer,                 -- the champion when it was wished: another one by now refuses it
            kind        text NOT NULL CHECK (kind IN ('override', 'rollback')),
            asked_by    text NOT NULL,
            reason      text NOT NULL CHECK (reason <> ''),
            state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'refused')),
            answer      text NOT NULL DEFAULT '',
            created_at  timestamptz NOT NULL DEFAULT now(),
            finished_at timestamptz,
            FOREIGN KEY (machine, number) REFERENCES model_version
        );
        CREATE UNIQUE INDEX champion_move_one_at_a_time ON champion_move (machine) WHERE state = 'pending';
        GRANT SELECT ON champion_move TO faultline_api, faultline_trainer, faultline_grafana;
        GRANT INSERT (machine, number, instead_of, kind, asked_by, reason) ON champion_move TO faultline_api;
        GRANT UPDATE (state, answer, finished_at) ON champion_move TO faultline_trainer;
        """
    )
