"""`secrets`: the passwords and keys of the containers."""

from pathlib import Path

import click

from app.cli import settings_of
from app.secret_files import hand_out


@click.command(short_help="Make the passwords and keys of the containers, once.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """Make the passwords and keys that FOLDER/vault does not hold yet, and write each service's to FOLDER/SERVICE.

    docker-compose.yml mounts a volume of its own at each of these folders.
    """
    hand_out(folder, settings_of(ctx).telegram_bot_token)
    click.echo("every service has its secrets")
