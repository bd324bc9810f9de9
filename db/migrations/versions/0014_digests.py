"""Digests: one message that carries alerts which waited for a chat."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """An alert that is carried arrives with its digest, which stands where the first of them stood in the chat."""
    op.execute(
        """
        ALTER TABLE outbox ADD COLUMN carried_by bigint REFERENCES outbox,
                           ADD COLUMN place bigint,
                           DROP CONSTRAINT outbox_state_check,
                           ADD CONSTRAINT outbox_state_check
                               CHECK (state IN ('pending', 'sending', 'sent', 'uncertain', 'dead', 'carried')),
                           ADD CONSTRAINT outbox_carried_check CHECK ((state = 'carried') = (carried_by IS NOT NULL))"""
    )
    op.execute("COMMENT ON COLUMN outbox.carried_by IS 'the digest that tells of this alert in its stead'")
    op.execute(
        "COMMENT ON COLUMN outbox.place IS 'where a digest stands in the order of its chat; else its id says it'"
    )
    op.execute("CREATE INDEX outbox_carried ON outbox (carried_by) WHERE carried_by IS NOT NULL")
    op.execute(
        """
        CREATE OR REPLACE VIEW outbox_head AS
        SELECT DISTINCT ON (o.channel, o.address) o.channel, o.address, o.id, o.state,
               CASE WHEN o.state = 'sending' THEN o.lease_until
                    ELSE greatest(o.not_before, c.paused_until, c.next_at, w.next_at) END AS due_at
          FROM outbox o
          LEFT JOIN chat c ON c.channel = o.channel AND c.address = o.address
          LEFT JOIN chat w ON w.channel = o.channel AND w.address = ''
         WHERE o.state IN ('pending', 'uncertain', 'sending')
         ORDER BY o.channel, o.address, (o.state = 'sending') DESC, coalesce(o.place, o.id)"""
    )
