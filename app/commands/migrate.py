"""`migrate`: create or update what the processes need in the servers."""

import click

from app.cli import settings_of
from app.wiring import database_url, resolved
from db.engine import connect
from db.migrate import migrate


@click.command(short_help="Create or update the database's tables and roles.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Create or update the database's tables and roles; forward only, and nothing happens when it is up to date."""
    before, after = migrate(connect(database_url(resolved(settings_of(ctx))), "owner"))
    click.echo(f"the database is at revision {after}" + ("" if before == after else f" (was {before or 'empty'})"))
