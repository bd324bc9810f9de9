"""`operators`: who gets alerts and may answer them."""

from collections.abc import Iterator, Sequence
from zoneinfo import available_timezones

import click
import msgspec
from msgspec import UNSET

from app.cli import settings_of
from app.hearing import Patience, Quiet, SeverityName
from app.login_link import login_link
from app.machines import pick_machine
from app.ranges import CHAT
from app.wiring import database, machines, resolved
from core.errors import UserError
from core.numbers import lasting
from core.quiet import QuietHours
from core.severity import Severity
from db.operators import Hearing, Operator, PostgresOperators, Subscription
from db.services import ROLES


@click.group(short_help="Who gets alerts and may answer: add, set, list, link, remove.")
def command() -> None:
    """Who gets alerts and may answer them."""


@command.command()
@click.argument("name")
@click.option("--telegram-id", type=click.IntRange(1, 2**52), help="What the bot tells whoever sends it /start.")
@click.option("--chat", type=CHAT, help="A group's id (negative): alerts go there instead of to the person.")
@click.option("--console", is_flag=True, help="Alerts are printed by ./run alerts.")
@click.option("--page", is_flag=True, help="Alerts are on ./run page, where those of all channels are too.")
@click.option("--machine", help="Alerts of this machine only.")
@click.option("--from-severity", type=SeverityName(), default="low", show_default=True, help="The least that is told.")
@click.option("--after", type=Patience(), default="0", help="Only what nobody has answered for so long, such as 15m.")
@click.option("--quiet", type=Quiet(), help="Only high severity then, such as 22:00-06:00, by the clock of --zone.")
@click.option("--role", type=click.Choice(["operator", "engineer"]), default="operator", show_default=True)
@click.option(
    "--questions", type=click.IntRange(0, 100), default=10, show_default=True, help="At most so many in 24 hours."
)
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
    from_severity: Severity,
    after: int,
    quiet: QuietHours | None,
    role: str,
    questions: int,
    zone: str,
) -> None:
    """Add an operator, who gets alerts from now on."""
    if not (name.strip() and name.isprintable() and len(name) <= 100):
        raise UserError("a name has 1 to 100 characters, none of which only steers a screen or a chat")
    if name in ROLES:
        raise UserError(f"{name} is a setting's name: set it, and its services are told")
    if zone not in available_timezones():
        raise UserError(f"no time zone {zone}: --zone takes names such as Europe/Berlin or UTC")
    if chat is not None and telegram_id is None:
        raise UserError("--chat needs --telegram-id too: answers are taken from known people, not from a group")
    settings = resolved(settings_of(ctx))
    if machine is not None:
        pick_machine(machines(settings), machine)
    places = [
        msgspec.structs.replace(place, from_severity=from_severity, after_s=after)
        for place in _subscriptions(name, telegram_id, chat, console, page, machine)
    ]
    if not places:
        raise UserError(
            "say where the alerts go: --telegram-id N (the bot tells it to whoever sends /start), --console, or --page"
        )
    operator = Operator(name, role, zone, telegram_id, places, quiet, questions)
    PostgresOperators(database(settings, "alerts")).add(operator)
    click.echo(f"{name} gets alerts: {_described(places)}{_quiet(quiet)}")


@command.command("set")
@click.argument("name")
@click.option("--from-severity", type=SeverityName(), help="The least that is told.")
@click.option("--after", type=Patience(), help="Only what nobody has answered for so long, such as 15m; 0: at once.")
@click.option("--quiet", type=Quiet(), help="Only high severity then, such as 22:00-06:00, by their own clock.")
@click.option("--no-quiet", is_flag=True, help="No quiet hours any more.")
@click.option("--questions", type=click.IntRange(0, 100), help="At most so many questions in 24 hours; 0: none.")
@click.pass_context
def set_hearing(
    ctx: click.Context,
    name: str,
    from_severity: Severity | None,
    after: int | None,
    quiet: QuietHours | None,
    no_quiet: bool,
    questions: int | None,
) -> None:
    """Change when and of what an operator hears, on every channel."""
    if quiet and no_quiet:
        raise UserError("--quiet and --no-quiet exclude each other: name one of them")
    hearing = Hearing(
        quiet=UNSET if quiet is None and not no_quiet else quiet,
        from_severity=UNSET if from_severity is None else from_severity,
        after_s=UNSET if after is None else after,
        questions_a_day=UNSET if questions is None else questions,
    )
    if hearing == Hearing():
        raise UserError("say what to change: --quiet, --no-quiet, --from-severity, --after or --questions")
    operators = PostgresOperators(database(resolved(settings_of(ctx)), "alerts"))
    operators.set_hearing(name, hearing)
    (found,) = [operator for operator in operators.active() if operator.name == name]
    click.echo(f"{name} gets alerts: {_described(found.subscriptions)}{_quiet(found.quiet)}")


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
        hears = f"{_described(operator.subscriptions)}{_quiet(operator.quiet)}"
        click.echo(f"{operator.name}  {operator.role}  {operator.zone}  {hears}")


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
    return ", ".join(f"{place.channel} {place.address} ({'; '.join(_limits(place))})" for place in places)


def _limits(place: Subscription) -> Iterator[str]:
    yield place.machine or "all machines"
    if place.from_severity is None:
        yield "only Faultline's own troubles"
    elif place.from_severity > Severity.LOW:
        yield f"from {place.from_severity.words} severity"
    if place.after_s:
        yield f"what nobody answered for {lasting(place.after_s)}"


def _quiet(quiet: QuietHours | None) -> str:
    return f"; quiet {quiet}" if quiet else ""
