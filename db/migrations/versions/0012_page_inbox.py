"""What the page reads to show alerts, and writes when a person answers one."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """As the alerts process does, but for the replies of others: of those it sees that a number is taken."""
    op.execute(
        """
        GRANT SELECT ON machine, topic, device, reading, incident, alert, subscription, label, label_undo,
            effective_label, labelled_reading, outbox, bot_cursor TO faultline_api;
        GRANT SELECT (id, bot, update_id) ON inbox TO faultline_api;
        GRANT INSERT ON inbox, bot_cursor, label, label_undo, labelled_reading, outbox TO faultline_api;
        GRANT UPDATE ON bot_cursor TO faultline_api;
        """
    )
