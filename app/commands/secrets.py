"""`secrets`: the passwords and keys of the containers."""

from pathlib import Path

import click

from app.cli import settings_of
from app.secret_files import Given, hand_out


@click.command(short_help="Make the passwords and keys of the containers, once.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """Make the passwords and keys that FOLDER/vault does not hold yet, and write each service's to FOLDER/SERVICE.

    docker-compose.yml mounts a volume of its own at each of these folders.
    """
    settings = settings_of(ctx)
    hand_out(folder, Given(settings.telegram_bot_token, settings.notify_urls, settings.engineer_urls))
    click.echo("every service has its secrets")
