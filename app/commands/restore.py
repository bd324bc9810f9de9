"""`restore`: database and bucket as a backup has them."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from app.backup import BackupFolder
from app.cli import settings_of
from app.live_line import LiveLine
from app.models import bucket_copy, registry
from app.settings import Settings
from app.wiring import database_url, kafka, machines, resolved
from consumer.group_offsets import read_until
from core.ports.stream import TopicPartition
from db.engine import Connection, connected
from db.restored import forget_the_lost_time
from db.restoring import require_restorable, restore_snapshot


@click.command(short_help="Bring database and bucket back from a backup's folder.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Though the database holds something, which is lost.")
@click.option("--planned", is_flag=True, help="Nothing ran since the backup: what waited there is sent.")
@click.pass_context
def command(ctx: click.Context, folder: Path, replace: bool, planned: bool) -> None:
    """Restore what FOLDER holds, as the database's owner, while no other process runs.

    The database changes as a whole or not at all; the bucket is only added to. Consumers go on where the backup stands,
    and read again what came after. Of that, what people may have heard before the loss does not ring again.
    """
    settings = resolved(settings_of(ctx))
    line = LiveLine(sys.stderr)
    files = BackupFolder(folder, line.show)
    backup, withheld = files.read(), 0

    def conclude(connection: Connection) -> None:
        nonlocal withheld
        if not planned:
            withheld = forget_the_lost_time(connection, backup.made_at, until)

    with connected(database_url(settings), "owner") as owner:
        require_restorable(owner, backup.database, replace)
        until = {} if planned else _read_until(settings)
        registry(settings).prepare()
        added = bucket_copy(settings).bring(backup.objects, backup.moved, files.object)
        restore_snapshot(owner, backup.database, files.table, conclude)
    line.end()
    click.echo(f"restored the backup of {backup.made_at:%Y-%m-%d %H:%M:%S}Z: {backup.rows:,} rows, {added:,} versions")
    if withheld:
        click.echo(f"{withheld:,} messages waited in it, and may have been sent since: they are withheld")


def _read_until(settings: Settings) -> Mapping[TopicPartition, tuple[str, int]]:
    topics = [topic for machine in machines(settings).values() for topic in machine.topics]
    return read_until(kafka(settings), settings.kafka_group, topics)
