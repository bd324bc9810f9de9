"""The page acts under a role of its own: who breaks into the HTTP API reaches no session of a browser."""

from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """The HTTP API keeps what it needs; a login that the page has already may act under the new role at once."""
    op.execute(
        """
        DO $$ BEGIN
            CREATE ROLE faultline_page NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- roles belong to the cluster
        END $$;
        GRANT faultline_page TO CURRENT_USER;
        GRANT USAGE ON SCHEMA public TO faultline_page;
        GRANT SELECT ON alembic_version, operator, subscription, login_link, login_session, machine, topic, device,
            ingest_partition, reading, reading_value, incident, incident_said, alert, alert_details, alert_answer,
            comment, question, label, label_undo, effective_label, labelled_reading, label_hold, label_held,
            label_hold_decision, outbox, bot_cursor, model_version, promotion, champion, champion_move,
            training_request, training_report, drift_window, shadow, shadow_score, rule_alert TO faultline_page;
        GRANT SELECT (id, bot, update_id, received_at, outcome) ON inbox TO faultline_page;
        GRANT SELECT (id, machine, number, outcome, at) ON model_load TO faultline_page;
        GRANT INSERT ON login_session, audit, inbox, bot_cursor, outbox, label, label_undo, labelled_reading,
            label_hold_decision, rule_alert TO faultline_page;
        GRANT INSERT (machine, asked_by, via, options) ON training_request TO faultline_page;
        GRANT INSERT (machine, number, instead_of, kind, asked_by, reason) ON champion_move TO faultline_page;
        GRANT UPDATE ON bot_cursor, rule_alert TO faultline_page;
        GRANT UPDATE (used_at) ON login_link TO faultline_page;
        GRANT DELETE ON login_session TO faultline_page;

        REVOKE ALL ON login_link, login_session, rule_alert, label_hold, label_held, label_hold_decision, held_label,
            teaching_label, partition_heard, dropped_reading, replay FROM faultline_api;
        REVOKE SELECT (received_at, outcome) ON inbox FROM faultline_api;

        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'faultline_page_login') THEN
                GRANT faultline_page TO faultline_page_login;
            END IF;
        END $$;
        """
    )
