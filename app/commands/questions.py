"""`questions`: what was asked about readings that raised no alert, and what that found."""

import click
import msgspec

from app.cli import settings_of
from app.machines import pick_machine
from app.table import table
from app.wiring import database, machines, resolved
from core.question_results import PoolResults
from db.question_results import PostgresQuestionResults


@click.command(short_help="What asking about readings without an alert has found.")
@click.option("--machine", help="Of this machine only.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def command(ctx: click.Context, machine: str | None, as_json: bool) -> None:
    """What asking about readings that raised no alert has found, by the pool that they were drawn from.

    Band: the model was not sure. Tail: a sensor read as no reviewed reading did. Audit: drawn at random among all; only
    this one says how large a share of the readings without an alert are faults.
    """
    settings = resolved(settings_of(ctx))
    if machine is not None:
        pick_machine(machines(settings), machine)
    found = PostgresQuestionResults(database(settings, "grafana")).by_pool(machine)
    if as_json:
        click.echo(msgspec.json.encode([{**msgspec.to_builtins(one), "missed": one.missed} for one in found]))
    elif found:
        click.echo(table([["machine", "pool", "asked", "answered", "faults", "missed"], *map(_row, found)]))
    else:
        click.echo("no question was asked yet")


def _row(one: PoolResults) -> list[str]:
    missed = "" if one.missed is None else f"{one.missed:.2%}"
    return [one.machine, one.pool.value, str(one.asked), str(one.answered), str(one.faults), missed]
