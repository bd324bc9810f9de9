"""`api-keys`: which programs may ask the HTTP API, and for what."""

import click
import msgspec

from app.cli import settings_of
from app.settings import Settings
from app.wiring import database, resolved
from core.api_key import Scope, new_key
from core.errors import UserError
from db.api_keys import PostgresApiKeys

_SCOPES = click.Choice([scope.value for scope in Scope])


@click.group(short_help="Which programs may ask the HTTP API: add, list, revoke.")
def command() -> None:
    """Which programs may ask the HTTP API (./run api), and for what."""


@command.command()
@click.argument("name")
@click.option("--operator", required=True, help="For whom it speaks: it sees their machines, and its acts are theirs.")
@click.option("--scope", "scopes", required=True, multiple=True, type=_SCOPES, help="What it may do; repeat it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def add(ctx: click.Context, name: str, operator: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a key and print it, this once: only its hash is kept."""
    if not (name.strip() and name.isprintable() and len(name) <= 100):
        raise UserError("a key's name has 1 to 100 characters, none of which only steers a screen")
    key = new_key()
    _keys(resolved(settings_of(ctx))).add(name, operator, {Scope(scope) for scope in scopes}, key)
    click.echo(msgspec.json.encode({"name": name, "key": key.text}) if as_json else key.text)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def list_keys(ctx: click.Context, as_json: bool) -> None:
    """Every key that there ever was; none is shown itself."""
    listed = _keys(resolved(settings_of(ctx))).listed()
    if as_json:
        click.echo(msgspec.json.encode({"keys": listed}))
        return
    if not listed:
        click.echo("there is no key yet: ./run api-keys add NAME --operator WHO --scope predict")
    for key in listed:
        state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "good"
        click.echo(f"{key.name}  {key.operator}  {', '.join(key.scopes)}  {key.created_at:%Y-%m-%d %H:%M}  {state}")


@command.command()
@click.argument("name")
@click.pass_context
def revoke(ctx: click.Context, name: str) -> None:
    """End a key's rights: within seconds it opens nothing any more."""
    _keys(resolved(settings_of(ctx))).revoke(name)
    click.echo(f"{name} opens nothing any more")


def _keys(settings: Settings) -> PostgresApiKeys:
    return PostgresApiKeys(database(settings, "alerts"))
