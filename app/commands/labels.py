"""`labels`: answers that wait for an engineer before they teach."""

import click
import msgspec

from app.cli import settings_of
from app.machines import pick_machine
from app.person import person
from app.printable import printable
from app.ranges import COUNT
from app.wiring import database, machines, resolved
from core.errors import UserError
from core.held_labels import Decision
from db.label_holds import Hold, PostgresLabelHolds


@click.group(short_help="Unusual answers, held for an engineer: held, release, refuse.")
def command() -> None:
    """Unusual answers teach no model until an engineer decided: list what is held, release it, or refuse it."""


@command.command("held")
@click.option("--machine", help="Of this machine only.")
@click.option("--decided", is_flag=True, help="Those that were decided as well.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts: each label with its number.")
@click.pass_context
def held(ctx: click.Context, machine: str | None, decided: bool, as_json: bool) -> None:
    """What is held, oldest first, each with the reason. Looked for whenever a model is trained."""
    settings = resolved(settings_of(ctx))
    if machine is not None:
        pick_machine(machines(settings), machine)
    # The read-only role, of which every process's login in containers is a member.
    found = PostgresLabelHolds(database(settings, "grafana")).listed(machine, decided=decided)
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        click.echo("\n".join(map(_words, found)) or "no label is held")


def _words(one: Hold) -> str:
    whose = f"{len(one.labels)} labels of {printable(one.by)}"
    lines = [
        f"{one.hold}  {one.machine}: {whose}, since {one.since:%Y-%m-%d %H:%M} UTC",
        f"    {printable(one.reason)}",
    ]
    if one.decision is None:
        lines.append(f"    ./run labels release {one.hold} --why …   or   ./run labels refuse {one.hold} --why …")
    else:
        lines.append(f"    {one.decision} by {printable(one.engineer or '')}: {printable(one.why or '')}")
    return "\n".join(lines)


_hold = click.argument("hold", type=COUNT)
_why = click.option("--why", required=True, help="For those who come after.")
_by = click.option("--as", "name", default=None, help="Which engineer decides; not given: your login.")


@command.command()
@_hold
@_why
@_by
@click.pass_context
def release(ctx: click.Context, hold: int, why: str, name: str | None) -> None:
    """The labels of HOLD are right: they teach the next model."""
    count = _decided(ctx, hold, "released", name, why)
    click.echo(f"hold {hold} is released: its {count} labels teach the next model")


@command.command()
@_hold
@_why
@_by
@click.pass_context
def refuse(ctx: click.Context, hold: int, why: str, name: str | None) -> None:
    """The labels of HOLD never teach a model; they stay where people see them."""
    count = _decided(ctx, hold, "refused", name, why)
    click.echo(f"hold {hold} is refused: its {count} labels teach nothing")


def _decided(ctx: click.Context, hold: int, decision: Decision, name: str | None, why: str) -> int:
    if not why.strip():
        raise UserError("say why: --why is kept with the decision")
    holds = PostgresLabelHolds(database(resolved(settings_of(ctx)), "trainer"))
    return holds.decide(hold, decision, name or person(), why.strip())
