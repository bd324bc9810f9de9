"""`models mirror`: bring MLflow up to date by hand."""

import click
import msgspec

from app.cli import settings_of
from app.machines import pick_machine
from app.mirroring import CaughtUp, mirroring
from app.wiring import database, machines, resolved
from core.errors import UserError


@click.command("mirror")
@click.argument("machine", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def mirror(ctx: click.Context, machine: str | None, as_json: bool) -> None:
    """Show what MLflow (MLFLOW_TRACKING_URI) lacks of MACHINE's versions (not given: of all machines').

    Trainings and promotions do it by themselves; this catches up with what was made before, or while MLflow was away.
    """
    settings = settings_of(ctx)
    if not settings.mlflow_tracking_uri:
        raise UserError("MLFLOW_TRACKING_URI is not set: name an MLflow server, such as http://127.0.0.1:5000")
    settings = resolved(settings)
    known = machines(settings)
    chosen = [pick_machine(known, machine)] if machine else list(known.values())
    bringing = mirroring(settings, database(settings, "trainer"))
    assert bringing is not None, "the setting was looked at above"
    for one in chosen:
        done = bringing.bring(one)
        if done is None:
            raise UserError(f"another process shows {one.name} in MLflow just now: try again in a moment")
        if as_json:
            click.echo(msgspec.json.encode(done._asdict()))
        elif machine or done.added or done.refused or done.aliases["champion"]:
            click.echo(_words(done))


def _words(done: CaughtUp) -> str:
    added = ", ".join(f"v{number}" for number in done.added) or "nothing"
    pointed = ", ".join(f"{alias} v{number}" for alias, number in done.aliases.items() if number)
    lines = [f"{done.machine}: {added} added; {pointed or 'no champion yet'}"]
    lines += [f"{done.machine} v{number} cannot be shown: {why}" for number, why in done.refused.items()]
    return "\n".join(lines)
