"""A new day begins while somebody reads: its table is attached, not created as a part of the whole."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """CREATE TABLE … PARTITION OF locks every reader out, and waits for them; ATTACH does neither."""
    op.execute(
        """
        CREATE OR REPLACE FUNCTION ensure_reading_day(day date) RETURNS void
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE its_table text := format('reading_%s', to_char(day, 'YYYYMMDD'));
        BEGIN
            IF to_regclass(its_table) IS NOT NULL THEN RETURN; END IF;
            PERFORM pg_advisory_xact_lock(hashtext('faultline.ensure_reading_day'));
            IF to_regclass(its_table) IS NOT NULL THEN RETURN; END IF;  -- another consumer was quicker
            EXECUTE format('CREATE TABLE %I (LIKE reading)', its_table);
            EXECUTE format('ALTER TABLE reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           its_table, day, day + 1);
        END $$"""
    )
