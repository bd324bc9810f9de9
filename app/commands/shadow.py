"""`shadow`: a version beside the champion, on the live stream."""

import click

from app.cli import settings_of
from app.machines import pick_machine
from app.models import model_source
from app.person import person
from app.ranges import COUNT
from app.wiring import database, machines, resolved
from core.errors import UserError
from core.prediction import ModelVersion
from db.promotion_log import PostgresPromotionLog
from db.shadows import PostgresShadows


@click.command(short_help="Let a version score the live stream apart; nobody hears of it.")
@click.argument("machine")
@click.argument("number", type=COUNT, required=False)
@click.option("--stop", is_flag=True, help="Let nobody score beside the champion any more.")
@click.pass_context
def command(ctx: click.Context, machine: str, number: int | None, stop: bool) -> None:
    """Let version NUMBER of MACHINE's model score the live stream beside the champion, once it is verified.

    Its scores are stored apart and raise no alert; `./run evaluate MACHINE --version NUMBER` judges them by what people
    answer meanwhile. Another version takes its place; the champion's is never taken.
    """
    if stop == (number is not None):
        raise click.UsageError("give the version's NUMBER, or --stop.")
    settings = resolved(settings_of(ctx))
    chosen = pick_machine(machines(settings), machine)
    engine = database(settings, "trainer")
    shadows = PostgresShadows(engine)
    if number is None:
        left = shadows.stop(chosen.name)
        click.echo(f"no longer in the shadow: {left}" if left else f"nobody is in the shadow of {machine}")
        return
    version = ModelVersion(chosen.name, number)
    if version == PostgresPromotionLog(engine, "").champion(chosen.name):
        raise UserError(f"{version} is the champion: it scores the stream already")
    model_source(settings, engine, cache="explained").verify(chosen, version, lambda _: None)
    shadows.start(version, person())
    click.echo(f"in the shadow: {version}. How it does: ./run evaluate {machine} --version {number}")
