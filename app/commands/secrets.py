"""`secrets`: the passwords and keys of the containers."""

from pathlib import Path

import click

from app.cli import settings_of
from app.rotation import rotate_owners, rotate_passwords, rotate_signing_key, trust_too
from app.secret_files import Given, hand_out
from core.errors import UserError


@click.command(short_help="Make the passwords and keys of the containers, once.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rotate", type=click.Choice(["passwords", "owners", "signing-key"]), help="Make these anew.")
@click.option("--forget-old-keys", is_flag=True, help="With signing-key: refuse what older keys signed.")
@click.option("--trust", type=click.Path(path_type=Path), help="Public keys to trust too, of a backup.")
@click.pass_context
def command(ctx: click.Context, folder: Path, rotate: str | None, forget_old_keys: bool, trust: Path | None) -> None:
    """Make the passwords and keys that FOLDER/vault does not hold yet, and write each service's to FOLDER/SERVICE.

    docker-compose.yml mounts a volume of its own at each of these folders. What is new takes effect when the services
    are started anew.
    """
    if forget_old_keys and rotate != "signing-key":
        raise UserError("--forget-old-keys goes with --rotate signing-key: only then is there a new one")
    settings, vault = settings_of(ctx), folder / "vault"
    given = Given(settings.telegram_bot_token, settings.notify_urls, settings.engineer_urls)
    hand_out(folder, given)
    if trust:
        trust_too(vault, trust)
    if rotate == "passwords":
        rotate_passwords(vault)
    elif rotate == "owners":
        rotate_owners(vault)
    elif rotate == "signing-key":
        rotate_signing_key(vault, forget_old=forget_old_keys)
    hand_out(folder, given)
    click.echo("every service has its secrets")
