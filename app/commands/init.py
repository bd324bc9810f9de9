"""`init`: prepare the servers of an installation."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from app.cli import settings_of
from app.patience import Patience
from app.prepare import prepare_servers, somebody_to_tell
from app.ranges import Amount
from app.secret_files import EARLIER_OWNERS
from app.wiring import database_url, machines, resolved
from core.errors import UserError
from db.engine import connect
from db.logins import PROCESSES, ensure_logins
from db.owner_password import renew_owner_password

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(short_help="Prepare the servers: tables, logins, topics and bucket.")
@click.option("--logins", type=_FOLDER, help="Make a database login per process; holds consumer_password and so on.")
@click.option("--wait", default=60.0, show_default=True, type=Amount(0), help="Seconds for servers to start.")
@click.pass_context
def command(ctx: click.Context, logins: Path | None, wait: float) -> None:
    """Prepare the servers: the database's tables and roles, the topics, the bucket; safe to repeat.

    DATABASE_URL must be its owner's. While nobody is to get alerts, the alerts process prints them.
    """
    settings = resolved(settings_of(ctx))
    known = machines(settings)
    passwords = _passwords(logins) if logins else {}
    patiently = Patience(wait, time.monotonic, time.sleep)
    if logins:
        patiently(lambda: renew_owner_password(database_url(settings), _earlier_owners(logins)))
    patiently(lambda: prepare_servers(settings, known.values()))
    ensure_logins(connect(database_url(settings), "owner"), passwords)
    told = somebody_to_tell(settings)
    click.echo(f"the database, {len(known)} machines' topics and the bucket are ready; alerts go to {told}")


def _earlier_owners(folder: Path) -> Sequence[str]:
    """The newest first: it is the most likely to be valid still."""
    file = folder / EARLIER_OWNERS
    return file.read_text(encoding="ascii").split()[::-1] if file.exists() else []


def _passwords(folder: Path) -> Mapping[str, str]:
    try:
        return {process: (folder / f"{process}_password").read_text(encoding="ascii").strip() for process in PROCESSES}
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--logins {folder}: a password cannot be read: {error}") from error
