"""`retention`: drop the readings of days long past."""

from datetime import UTC, datetime, timedelta

import click

from app.cli import settings_of
from app.wiring import database, resolved
from core.errors import UserError
from db.retention import PostgresRetention, StoredDay


@click.command(short_help="Drop readings older than so many days; labelled ones stay.")
@click.option("--days", type=click.IntRange(1, 100_000), help="Keep so many days; RETENTION_DAYS unless given.")
@click.option("--dry-run", is_flag=True, help="Only say what would be dropped.")
@click.pass_context
def command(ctx: click.Context, days: int | None, dry_run: bool) -> None:
    """Drop the readings of days long past, as the database's owner. Ingest never waits for it.

    Days are those of ingest, UTC; today and the DAYS before it stay. Labels and the readings they judge, incidents and
    dead letters stay too. What a run could not finish the next one finishes: run it daily.
    """
    settings = resolved(settings_of(ctx))
    kept = days or settings.retention_days
    if not kept:
        raise UserError("say how many days to keep: --days N, or RETENTION_DAYS=N")
    retention = PostgresRetention(database(settings, "owner"))
    with retention.alone():
        found = retention.days_before(datetime.now(UTC).date() - timedelta(days=kept))
        for stored in found:
            click.echo(_would(stored) if dry_run else f"dropped {stored.day}: {retention.drop(stored):,} readings")
    if not found:
        click.echo(f"nothing is older than {kept} days")


def _would(stored: StoredDay) -> str:
    return f"would drop {stored.day}: {stored.bytes / 2**20:,.1f} MiB"
