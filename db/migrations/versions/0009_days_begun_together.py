"""Two consumers begin a day at once: the one that waited sees what the other made."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """After the wait the table is looked for by a query: to_regclass would answer out of what it remembers."""
    op.execute(
        """
        CREATE OR REPLACE FUNCTION ensure_reading_day(day date) RETURNS void
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE its_table text := format('reading_%s', to_char(day, 'YYYYMMDD'));
        BEGIN
            IF to_regclass(its_table) IS NOT NULL THEN RETURN; END IF;
            PERFORM pg_advisory_xact_lock(hashtext('faultline.ensure_reading_day'));
            IF EXISTS (SELECT FROM pg_class WHERE relname = its_table AND relnamespace = 'public'::regnamespace) THEN
                RETURN;  -- another consumer was quicker
            END IF;
            EXECUTE format('CREATE TABLE %I (LIKE reading)', its_table);
            EXECUTE format('ALTER TABLE reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           its_table, day, day + 1);
        END $$"""
    )
