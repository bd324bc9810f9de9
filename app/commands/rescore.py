"""`rescore`: what another model version would have made of the stored readings."""

from datetime import datetime
from functools import partial

import click
import msgspec

from app.cli import settings_of
from app.machines import pick_machine
from app.models import model_source
from app.moment import Moment
from app.rescore_report import facts, words
from app.rescoring import Period, rescore
from app.wiring import database, machines, resolved
from core.errors import UserError
from core.prediction import ModelVersion


@click.command(short_help="What another model version would have decided.")
@click.argument("machine")
@click.option("--version", "number", type=click.IntRange(1), required=True, help="Of the model.")
@click.option("--since", type=Moment(), help="Readings of this time (UTC) or later; not given: all that are kept.")
@click.option("--until", type=Moment(), help="Readings before this time (UTC).")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts: each incident that changes.")
@click.pass_context
def command(
    ctx: click.Context, machine: str, number: int, since: datetime | None, until: datetime | None, as_json: bool
) -> None:
    """Score the stored readings of MACHINE again with any version, as a consumer would: writes nothing, tells nobody.

    Says which alarms would be new or missing, which confirmed faults would be missed and which refuted alerts vanish.
    """
    if since is not None and until is not None and since >= until:
        raise UserError(f"--since {since.isoformat()} is not before --until {until.isoformat()}")
    settings = resolved(settings_of(ctx))
    chosen = pick_machine(machines(settings), machine)
    # The read-only role, of which every process's login in containers is a member.
    engine = database(settings, "grafana")
    # A cache of its own: in that of the consumers an older version would become the last good one.
    model = model_source(settings, engine, cache="explained").load(chosen, ModelVersion(machine, number))
    found = rescore(engine, chosen, model, Period(since, until), partial(click.echo, err=True))
    click.echo(msgspec.json.encode(facts(found)) if as_json else "\n".join(words(found)))
