"""`operators`: who gets alerts and may answer them."""

from collections.abc import Sequence
from zoneinfo import available_timezones

import click
import msgspec

from app.cli import settings_of
from app.login_link import login_link
from app.machines import pick_machine
from app.wiring import database, machines, resolved
from core.errors import UserError
from db.operators import Operator, PostgresOperators, Subscription
from db.services import ROLES


@click.group(short_help="Who gets alerts and may answer: add, list, link, remove.")
def command() -> None:
    """Who gets alerts and may answer them."""


@command.command()
@click.argument("name")
@click.option("--telegram-id", type=click.IntRange(1, 2**52), help="What the bot tells whoever sends it /start.")
@click.option("--chat", type=int, help="A group's id (negative): alerts go there instead of to the person.")
@click.option("--console", is_flag=True, help="Alerts are printed by ./run alerts.")
@click.option("--page", is_flag=True, help="Alerts are on ./run page, where those of all channels are too.")
@click.option("--machine", help="Alerts of this machine only.")
@click.option("--role", type=click.Choice(["operator", "engineer"]), default="operator", show_default=True)
@click.option("--zone", default="UTC", show_default=True, help="Time zone, such as Europe/Berlin.")
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    telegram_id: int | None,
    chat: int | None,
    console: bool,
    page: bool,
    machine: str | None,
    role: str,
    zone: str,
) -> None:
    """Add an operator, who gets alerts from now on."""
    settings = resolved(settings_of(ctx))
    if not name.strip() or len(name) > 100:
        raise UserError("a name has 1 to 100 characters")
    if name in ROLES:
        raise UserError(f"{name} is a setting's name: set it, and its services are told")
    if zone not in available_timezones():
        raise UserError(f"no time zone {zone}: --zone takes names such as Europe/Berlin or UTC")
    if chat is not None and telegram_id is None:
        raise UserError("--chat needs --telegram-id too: answers are taken from known people, not from a group")
    if machine is not None:
        pick_machine(machines(settings), machine)
    places = _subscriptions(name, telegram_id, chat, console, page, machine)
    if not places:
        raise UserError(
            "say where the alerts go: --telegram-id N (the bot tells it to whoever sends /start), --console, or --page"
        )
    PostgresOperators(database(settings, "alerts")).add(Operator(name, role, zone, telegram_id, places))
    click.echo(f"{name} gets alerts: {_described(places)}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def list_operators(ctx: click.Context, as_json: bool) -> None:
    """Every operator, and where the alerts go."""
    active = PostgresOperators(database(resolved(settings_of(ctx)), "alerts")).active()
    if as_json:
        click.echo(msgspec.json.encode({"operators": active}))
        return
    if not active:
        click.echo("nobody gets alerts yet: ./run operators add NAME --telegram-id N")
    for operator in active:
        click.echo(f"{operator.name}  {operator.role}  {operator.zone}  {_described(operator.subscriptions)}")


@command.command()
@click.argument("name")
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """End an operator's rights and alerts; the labels stay."""
    PostgresOperators(database(resolved(settings_of(ctx)), "alerts")).remove(name)
    click.echo(f"{name} gets no alerts any more, and answers nothing")


@command.command()
@click.argument("name")
@click.pass_context
def link(ctx: click.Context, name: str) -> None:
    """Print a link that lets the operator in to the page (./run page), once, within an hour."""
    click.echo(login_link(resolved(settings_of(ctx)), name))


def _subscriptions(
    name: str, telegram_id: int | None, chat: int | None, console: bool, page: bool, machine: str | None
) -> list[Subscription]:
    found = []
    if telegram_id is not None or chat is not None:
        found.append(Subscription("telegram", str(telegram_id if chat is None else chat), machine))
    if console:
        found.append(Subscription("console", name, machine))
    if page:
        found.append(Subscription("page", name, machine))
    return found


def _described(places: Sequence[Subscription]) -> str:
    return ", ".join(f"{place.channel} {place.address} ({place.machine or 'all machines'})" for place in places)
