"""`backup`: database and bucket, as of one moment, in a folder."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from app.backup import BackupFolder
from app.cli import settings_of
from app.live_line import LiveLine
from app.models import bucket_copy
from app.wiring import database_url, resolved
from db.engine import connected


@click.command(short_help="Copy database and bucket, as of one moment, to a folder.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """Back up to FOLDER, as the database's owner: every table as of one moment, every object version that it names.

    Nothing has to stop, and nobody waits. Passwords and keys are not in it, but for the public keys of the trainers.
    """
    settings = resolved(settings_of(ctx))
    line = LiveLine(sys.stderr)
    with connected(database_url(settings), "owner") as owner:
        backup = BackupFolder(folder, line.show).write(
            owner, bucket_copy(settings), settings.trusted_keys, datetime.now(UTC)
        )
    line.end()
    tables, versions = len(backup.database.tables), len(backup.objects)
    click.echo(f"backed up to {folder}: {backup.rows:,} rows of {tables} tables, {versions:,} object versions")
